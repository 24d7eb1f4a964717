/* Routed LBP for plain C, one float at a time. */
#define LBP_LANES 1
#define LBP_ISA portable
#include "routed_lbp_kernel.h"

size_t lbp_routed_scratch_floats(const lbp_routed_plan *plan) {
    /* That of the widest vectors is enough for all. Backward: a padded plane and one of what arrives, sums of pivots,
     * gradients of all outputs. */
    const routed_geometry g = routed_geometry_of(plan, 16);
    return 2 * g.plane + g.dense * (1 + (size_t)plan->outputs);
}
