/* Routed LBP for plain C, one float at a time. */
#define LBP_LANES 1
#define LBP_ISA portable
#include "routed_lbp_kernel.h"

size_t lbp_routed_scratch_floats(const lbp_routed_plan *plan) {
    const routed_geometry g = routed_geometry_of(plan);
    /* backward: two planes, two runs, the gradients of all outputs */
    return 2 * g.plane + (size_t)g.run * (2 + plan->outputs);
}
