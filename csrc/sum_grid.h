/* Sums over a grid of windows that tile a plane, fp32; exact for integers below 2^24 in sum.
 *
 * out[r, c] = sum of in[y, x] with row_ends[r - 1] <= y < row_ends[r] and column_ends[c - 1] <= x < column_ends[c]
 * (the end before the first is 0; the last end is the side). Backward: each pixel gets the gradient of its window.
 * torch has matrix products for it (windows of unequal sides), which read each map twice.
 */
#ifndef LBP_SUM_GRID_H
#define LBP_SUM_GRID_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const int *row_ends, *column_ends; /* ascending */
    int rows, columns;
} lbp_grid;

/* in: height * width; out: rows * columns. */
void lbp_sum_grid_forward_f32(const float *in, float *out, const lbp_grid *grid);
/* grad: rows * columns; grad_in: height * width, written. */
void lbp_sum_grid_backward_f32(const float *grad, float *grad_in, const lbp_grid *grid);

#ifdef __cplusplus
}
#endif
#endif
