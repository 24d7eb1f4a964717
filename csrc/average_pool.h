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

#ifdef __cplusplus
}
#endif
#endif
