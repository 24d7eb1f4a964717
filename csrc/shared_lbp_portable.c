/* Shared-pattern LBP for plain C, one float at a time. */
#define LBP_LANES 1
#define LBP_ISA portable
#include "shared_lbp_kernel.h"

size_t lbp_shared_scratch_floats(const lbp_shared_plan *plan) {
    /* That of the widest vectors is enough for all. Forward: the padded planes of a set. Backward: weights of all
     * points, sums of pivots, targets and what lies before them, a padded plane, a vector for each offset. */
    const geometry g = geometry_of(plan, 16);
    const size_t targets = g.border + (2 * (size_t)plan->radius + 1) * g.targets;
    const size_t padded = (size_t)g.rows * g.stride;
    const size_t backward = g.plane * (plan->points + 1) + targets + padded + g.border + 2 * 16 * (size_t)plan->points;
    int channels = 1;
    for (int s = 0; s < plan->sets; s++)
        if (plan->set_table[s].channels > channels) channels = plan->set_table[s].channels;
    const size_t forward = padded * channels + g.border;
    return forward > backward ? forward : backward;
}
