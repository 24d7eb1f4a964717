/* 1x1 residual of a stage: a matrix product of its weights and the (pooled) input, and what follows it.
 *
 * Family: lbp_residual_{forward,backward}_f32_{portable,avx2,avx512,neon}; one image a call; no allocation.
 *
 * Forward, px = x, or the means of its 2x2 blocks (pool; an odd last row or column is dropped):
 *   out[k, p] = max(0, slope_of_sum[k] * sums[k, p] + shift[k] + sum over c of weight[k, c] * px[c, p])
 * sums: stage_maps.h; NaN stays NaN. NumPy: maximum(0, a[:, None] * sums + b[:, None] + weight @ px)
 *
 * Backward, of gm, the gradient where out > 0:
 *   d weight = gm @ px.T;  d px = weight.T @ gm, added to the pixels of grad_x: all of it, or a quarter to each of a
 *   block's
 *
 * Units: fp32. Limits: sums of one image.
 * Source: seed document, "Blocks"; design 2.1.
 */
#ifndef LBP_RESIDUAL_H
#define LBP_RESIDUAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int in_channels, channels;
    int height, width; /* of x */
    int pool;
    const float *weight; /* channels * in_channels */
} lbp_residual_plan;

/* Floats of scratch memory that one call needs. */
size_t lbp_residual_scratch_floats(const lbp_residual_plan *plan);

/* x: C*H*W; sums, out: K*H'*W'; slope_of_sum, shift: K. */
typedef void lbp_residual_forward_fn(const lbp_residual_plan *plan, const float *x, const uint8_t *sums,
                                     const float *slope_of_sum, const float *shift, float *out, float *scratch);

/* gm: K*H'*W'; grad_x: C*H*W, added to; grad_weight: K*C, written. */
typedef void lbp_residual_backward_fn(const lbp_residual_plan *plan, const float *x, const float *gm, float *grad_x,
                                      float *grad_weight, float *scratch);

lbp_residual_forward_fn lbp_residual_forward_f32_portable, lbp_residual_forward_f32_avx2,
    lbp_residual_forward_f32_avx512, lbp_residual_forward_f32_neon;
lbp_residual_backward_fn lbp_residual_backward_f32_portable, lbp_residual_backward_f32_avx2,
    lbp_residual_backward_f32_avx512, lbp_residual_backward_f32_neon;

#ifdef __cplusplus
}
#endif
#endif
