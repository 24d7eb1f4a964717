/* What a residual stage does between its comparisons and the next stage's, on maps that stay small integers.
 *
 * Counts of comparison bits over up to 255 channels and 2x2 sums of gates are kept as bytes:
 *   bit map = scale * count;  pooled = (sum of the block's gates) / block, block = 4 (pooling) or 1
 *   out[k, p] = max(0, slope[k] * pooled[k, p] + shift[k] + residual[k, p])
 * slope and shift are what a normalisation and its factor come to for one channel. An odd last row or column is
 * dropped by pooling. NaN stays NaN.
 *
 * Backward, gm = g * [out > 0]: d residual = gm;  d slope[k] = sum(gm * pooled);  d shift[k] = sum(gm);
 *   d gate = slope[k] * gm / block at each gate of the block, 0 where dropped
 *
 * Units: bytes and fp32. Limits: sums of one image. No allocation; plain loops for the compiler to vectorise.
 * Source: seed document, "Blocks"; design 2.1.
 */
#ifndef LBP_STAGE_MAPS_H
#define LBP_STAGE_MAPS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* bits = scale * count, count <= 255; exact. */
void lbp_bits_to_counts(const float *bits, float scale, uint8_t *counts, size_t count);
void lbp_counts_to_bits(const uint8_t *counts, float scale, float *bits, size_t count);

/* gates: one plane of zeros and ones; sums: height/2 * width/2 (pool) or height * width. */
void lbp_sum_gates(const float *gates, uint8_t *sums, int height, int width, int pool);

/* One plane of `count` pixels. */
void lbp_stage_output(const uint8_t *sums, float slope_of_sum, float shift, const float *residual, float *out,
                      size_t count);

/* One plane; grad_residual is written; totals[0] += sum(gm * sum of gates), totals[1] += sum(gm). */
void lbp_stage_output_backward(const float *out, const float *grad, const uint8_t *sums, float *grad_residual,
                               float *totals, size_t count);

/* One plane: spreads gm over the gates of each block, times factor. */
void lbp_spread_to_gates(const float *gm, float factor, float *grad_gates, int height, int width, int pool);

#ifdef __cplusplus
}
#endif
#endif
