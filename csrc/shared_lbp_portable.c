/* Shared-pattern LBP for plain C, one float at a time. */
#define LBP_LANES 1
#define LBP_ISA portable
#include "shared_lbp_kernel.h"

size_t lbp_shared_scratch_floats(const lbp_shared_plan *plan) {
    /* That of the widest vectors is enough for all. Backward: weights of all points, sums of pivots, targets and
     * what lies before them, a padded plane with its spare rows. */
    const geometry g = geometry_of(plan, 16);
    const size_t targets = g.border + (2 * (size_t)plan->radius + 1) * g.targets;
    return g.plane * (plan->points + 1) + targets + ((size_t)g.rows + 2 * SPARE) * g.stride;
}
