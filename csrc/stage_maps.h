/* What a residual stage does between its comparisons and the next stage's, on maps that stay small integers.
 *
 * Family: lbp_stage_maps_{portable,avx2,avx512,neon}, a table of loops that the compiler vectorises; no allocation.
 *
 * Counts of comparison bits over up to 255 channels and 2x2 sums of gates are kept as bytes:
 *   bit map = scale * count;  pooled = (sum of the block's gates) / block, block = 4 (pooling) or 1
 *   out[k, p] = max(0, slope[k] * pooled[k, p] + shift[k] + residual[k, p])  (residual.h)
 * slope and shift are what a normalisation and its factor come to for one channel. An odd last row or column is
 * dropped by pooling.
 *
 * Backward, gm = g * [out > 0]: d residual = gm;  d slope[k] = sum(gm * pooled);  d shift[k] = sum(gm);
 *   d gate = slope[k] * gm / block at each gate of the block, 0 where dropped
 *
 * Units: bytes and fp32. Limits: sums of one image.
 * Source: seed document, "Blocks"; design 2.1.
 */
#ifndef LBP_STAGE_MAPS_H
#define LBP_STAGE_MAPS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    /* bits = scale * count, count <= 255; exact. */
    void (*bits_to_counts)(const float *bits, float scale, uint8_t *counts, size_t count);
    void (*counts_to_bits)(const uint8_t *counts, float scale, float *bits, size_t count);

    /* gates: one plane of zeros and ones; sums: height/2 * width/2 (pool) or height * width. */
    void (*sum_gates)(const float *gates, uint8_t *sums, int height, int width, int pool);

    /* One plane; totals[0] = sum(gm * sum of gates), totals[1] = sum(gm). */
    void (*output_totals)(const float *out, const float *grad, const uint8_t *sums, float *totals, size_t count);

    /* gm = grad where out > 0, else 0. */
    void (*through_output)(const float *out, const float *grad, float *gm, size_t count);

    /* One plane: spreads gm over the gates of each block, times factor. */
    void (*spread_to_gates)(const float *gm, float factor, float *grad_gates, int height, int width, int pool);
} lbp_stage_maps;

extern const lbp_stage_maps lbp_stage_maps_portable, lbp_stage_maps_avx2, lbp_stage_maps_avx512, lbp_stage_maps_neon;

#ifdef __cplusplus
}
#endif
#endif
