/* Routed LBP: one pattern a kernel, whole-pixel samples, each point reads one input channel (sample and pivot).
 *
 * Family: lbp_routed_{forward,backward}_f32_{portable,avx2,avx512,neon}; one image a call; no allocation.
 *
 * Forward, output k, point i with whole-pixel position (row, column) and weight w, channel c, zeros outside:
 *   d = x[c, p + (row, column)] - x[c, p];  sum[k, p] += w * [d > 0]
 *   out[k, p] = scale * max(sum[k, p], floor), or, with threshold >= 0, [sum[k, p] > threshold]
 * NumPy: s = np.pad(x[c], r)[r+row:r+row+H, r+column:r+column+W]; sum[k] += w * (s > x[c])
 * Weights 2^i give the bit-packed integer, weights 1 the count, and with a threshold of n/2 the majority.
 *
 * Backward, with the surrogate bit = (1 + u / (1 + |u|)) / 2, u = d / tau:
 *   gk = scale * g[k, p] * [sum > floor];  gd = gk * w / (2 * tau * (1 + |u|)^2)
 *   d x[c, p + position] += gd;  d x[c, p] -= gd
 *   d row += gd * (x[c, q + (1, 0)] - x[c, q - (1, 0)]) / 2 at q = p + position; the same along columns
 *
 * Units: pixels, fp32. Limits: radius <= 127; sums up to 2^24.
 * Source: WACV 2020 sections 3.1 to 3.3 (comparison, channel map, shifted ReLU, position gradient); design 2.2.
 * Differences: the paper's surrogate is a tanh, and its public re-implementation gives the pivot no gradient.
 */
#ifndef LBP_ROUTED_LBP_H
#define LBP_ROUTED_LBP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t output; /* k */
    int32_t row, column;
    float weight;
} lbp_routed_point;

typedef struct {
    int channels, height, width, radius, outputs;
    float floor, scale;
    float tau;                           /* > 0 */
    float threshold;                     /* below 0: none; the gradient is that of scale * sum either way */
    const lbp_routed_point *point_table; /* points that read channel 0, then channel 1, ... */
    const int32_t *first_point;          /* channels + 1 indices into point_table */
} lbp_routed_plan;

/* Floats of scratch memory that one call needs. */
size_t lbp_routed_scratch_floats(const lbp_routed_plan *plan);

/* x: channels*height*width; out: outputs*height*width, written. */
typedef void lbp_routed_forward_fn(const lbp_routed_plan *plan, const float *x, float *out, float *scratch);

/* grad: of out; grad_x: added to; grad_positions: one (row, column) pair for each entry of point_table, written. */
typedef void lbp_routed_backward_fn(const lbp_routed_plan *plan, const float *x, const float *out, const float *grad,
                                    float *grad_x, float *grad_positions, float *scratch);

lbp_routed_forward_fn lbp_routed_forward_f32_portable, lbp_routed_forward_f32_avx2, lbp_routed_forward_f32_avx512,
    lbp_routed_forward_f32_neon;
lbp_routed_backward_fn lbp_routed_backward_f32_portable, lbp_routed_backward_f32_avx2,
    lbp_routed_backward_f32_avx512, lbp_routed_backward_f32_neon;

#ifdef __cplusplus
}
#endif
#endif
