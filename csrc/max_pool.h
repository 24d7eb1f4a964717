/* The largest of 2x2 blocks of planes, fp32; an odd last row and column is dropped.
 *
 * Backward: the first of equals, in row order, gets the block's gradient; all other pixels get 0. It is found again
 * from the input, so nothing is kept but that; torch stores an index of 8 bytes an output.
 */
#ifndef LBP_MAX_POOL_H
#define LBP_MAX_POOL_H

#ifdef __cplusplus
extern "C" {
#endif

/* in: height * width; out: (height / 2) * (width / 2). No NaN. */
void lbp_max_pool_forward_f32(const float *in, float *out, int height, int width);
/* grad: (height / 2) * (width / 2); grad_in: height * width, written. */
void lbp_max_pool_backward_f32(const float *in, const float *grad, float *grad_in, int height, int width);

#ifdef __cplusplus
}
#endif
#endif
