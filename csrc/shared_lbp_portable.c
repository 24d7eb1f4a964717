/* Shared-pattern LBP for plain C, one float at a time. */
#define LBP_LANES 1
#define LBP_ISA portable
#include "shared_lbp_kernel.h"

size_t lbp_shared_scratch_floats(const lbp_shared_plan *plan) {
    const geometry g = geometry_of(plan);
    /* backward: two planes, pivots, one gradient run with margins, all points' gradients */
    return 2 * g.plane + (size_t)g.run * (2 + plan->points) + 4 * ((size_t)g.stride + 66);
}
