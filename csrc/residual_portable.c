/* Residual of a stage for plain C, one float at a time. */
#define LBP_LANES 1
#define LBP_ISA portable
#include "residual_kernel.h"

size_t lbp_residual_scratch_floats(const lbp_residual_plan *plan) {
    /* The pooled input, and either what it is turned into or its gradient. */
    return 2 * (size_t)plan->in_channels * pooled_pixels(plan);
}
