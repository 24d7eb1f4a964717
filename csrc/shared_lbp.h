/* Shared-pattern LBP: comparison of bilinear samples with the pivot, and its surrogate gradient.
 *
 * Family: lbp_shared_{forward,backward}_f32_{portable,avx2,avx512,neon}; one image a call; no allocation.
 *
 * Forward, for a point i with offset (dy, dx) pixels, channel c, pixel p, border replicated:
 *   y0 = floor(dy), fy = dy - y0, x0 = floor(dx), fx = dx - x0 (at dy = r: y0 = r - 1, fy = 1)
 *   a, b = x[p + (y0, x0)], x[p + (y0, x0+1)]; c, d = the same a row below
 *   d = sample - x[p] = (a - x[p]) + fy (c - a) + fx ((b - a) + fy ((d - c) - (b - a)))
 *         exactly 0 where all five pixels are equal; exactly one pixel minus the pivot at whole pixels
 *   bit = d > 0 (hard, strict)  or  1 / (1 + exp(-d / alpha)) (soft)
 *   out[i, p] = scale * sum of the bit over the channels that point i reads
 * NumPy: s = x[c][y0+h, x0+w] * (1-fy)*(1-fx) + ...; out[i] = scale * sum(s - x[c] > 0 for c in reads[i])
 *
 * Backward, both forwards, with s = sigmoid(d / alpha):
 *   gd = g * scale * s * (1 - s) / alpha;  dx += transpose of the sampling;  d alpha -= sum(gd * d / alpha)
 *   d dy = sum(gd * ((1-fx) (c - a) + fx (d - b))), d dx = sum(gd * ((1-fy) (b - a) + fy (d - c))) for the
 *   corners a, b (upper) and c, d (lower); s (1 - s) to 1.5e-6
 *
 * Units: pixels, fp32. Limits: radius <= 127; sums of one image are fp32, a point's sums at most 2^24 ones.
 * Source: seed document "LBP layer"; design 2.1; sigmoid for the tanh of WACV 2020 section 3.
 */
#ifndef LBP_SHARED_LBP_H
#define LBP_SHARED_LBP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A sampling point: its map and the fractions of a step from its cell's nearer corner. */
typedef struct {
    int32_t index; /* point i, 0..points-1 */
    float fy, fx;  /* 0 <= f < 1 */
} lbp_point;

/* Most points that a cell holds: their sums stay in registers. Further points of the same four taps get a cell more. */
enum { LBP_CELL_POINTS = 4 };

/* Points that lie between the same four taps: the nearer one relative to the pivot, and the steps to the others.
 * Steps are 1; at dy = r (dx = r) they are -1 from tap r, fraction 0. */
typedef struct {
    int32_t row, column;
    int32_t row_step, column_step;
    int32_t points; /* 1..LBP_CELL_POINTS, one after the other in the table of points */
} lbp_cell;

/* Neighbouring channels that the same points read: all, or one. */
typedef struct {
    int32_t first_channel, channels;
    int32_t first_cell, cells;
    int32_t first_point;
} lbp_channel_set;

typedef struct {
    int channels, height, width, radius, points;
    int hard;    /* forward only */
    float alpha; /* > 0 */
    float scale; /* 1/channels when bits are averaged, 1 when each point reads one channel */
    int sets;    /* cover every channel once, in order */
    const lbp_channel_set *set_table;
    const lbp_cell *cell_table;
    const lbp_point *point_table;
} lbp_shared_plan;

/* Floats of scratch memory that one call needs. */
size_t lbp_shared_scratch_floats(const lbp_shared_plan *plan);

/* x: channels*height*width; out: points*height*width. Returns 0, or 1 if x holds a NaN. */
typedef int lbp_shared_forward_fn(const lbp_shared_plan *plan, const float *x, float *out, float *scratch);

/* grad: points*height*width; grad_x: channels*height*width, written; grad_offsets: one (dy, dx) pair for each
 * entry of point_table, written; grad_alpha: one float, written. */
typedef void lbp_shared_backward_fn(const lbp_shared_plan *plan, const float *x, const float *grad, float *grad_x,
                                    float *grad_offsets, float *grad_alpha, float *scratch);

lbp_shared_forward_fn lbp_shared_forward_f32_portable, lbp_shared_forward_f32_avx2, lbp_shared_forward_f32_avx512,
    lbp_shared_forward_f32_neon;
lbp_shared_backward_fn lbp_shared_backward_f32_portable, lbp_shared_backward_f32_avx2, lbp_shared_backward_f32_avx512,
    lbp_shared_backward_f32_neon;

#ifdef __cplusplus
}
#endif
#endif
