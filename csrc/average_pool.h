/* 2x2 average pooling of planes, odd last row and column dropped.
 *
 * out[y, x] = (in[2y, 2x] + in[2y, 2x+1] + in[2y+1, 2x] + in[2y+1, 2x+1]) / 4; fp32.
 * Backward: each of the four gets a quarter; a dropped row or column gets 0.
 * torch's own pooling of contiguous planes runs one output at a time.
 */
#ifndef LBP_AVERAGE_POOL_H
#define LBP_AVERAGE_POOL_H

#ifdef __cplusplus
extern "C" {
#endif

void lbp_average_pool_forward_f32(const float *in, float *out, int height, int width);
void lbp_average_pool_backward_f32(const float *grad, float *grad_in, int height, int width);

/* Mean over each of rows x columns windows, as equal as whole pixels allow: pixel y lies in window y * rows / height.
 * in: height*width; out: rows*columns; rows <= height, columns <= width. */
void lbp_grid_pool_forward_f32(const float *in, float *out, int height, int width, int rows, int columns);
/* grad: rows*columns; grad_in: height*width, written: the window's gradient divided by its pixels. */
void lbp_grid_pool_backward_f32(const float *grad, float *grad_in, int height, int width, int rows, int columns);

#ifdef __cplusplus
}
#endif
#endif
