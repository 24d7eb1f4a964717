/* Routed projection: count k of D bits for every output channel, threshold, and the surrogate gradient.
 *
 * Family: lbp_project_{forward,backward}_f32_{portable,avx2,avx512,neon}; one image a call; no allocation.
 *
 * Forward, output channel k, pixel p:
 *   z = bias[k] + sum over i < bits_per_channel of bits[route[k][i], p]
 *   out = z >= 0 (hard) or sigmoid(z / tau) (soft)
 *   alive[k] = sum of out;  shortfall = sum of max(0, margin - |z|)
 * NumPy: z = bias[:, None] + bits[route].sum(1); out = z >= 0
 *
 * Backward, both forwards, with s = sigmoid(z / tau); z is recomputed from the bits, never stored:
 *   gz = (g + grad_alive[k] + gate_factor[k] * [z >= 0]) * s * (1 - s) / tau - grad_shortfall * sign(z) * [|z| < margin]
 *   d bias[k] = sum(gz);  d bits[route[k][i], p] += gz;  s (1 - s) to 1.5e-6
 * gate_factor serves a normalisation whose variance hangs on every gate; 0 otherwise.
 *
 * Units: z in bits (popcount units), fp32. Limits: sums of one image, at most 2^24 open gates.
 * Source: seed document "rp_paper", "alive_ratio_reg", "gate_margin"; design 2.1.
 */
#ifndef LBP_ROUTED_PROJECTION_H
#define LBP_ROUTED_PROJECTION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Floats of scratch memory that a call needs for each output channel. */
enum { LBP_PROJECT_SCRATCH = 80 };

typedef struct {
    int bits, channels, bits_per_channel, pixels;
    const int32_t *route;      /* channels * bits_per_channel indices below `bits` */
    const int32_t *first_user; /* backward: bits + 1 indices into users */
    const int32_t *users;      /* backward: the channels that count bit 0, then bit 1, ...; twice where counted twice */
    const float *bias;    /* channels: gate minus threshold */
    float tau;            /* > 0 */
    float margin;         /* >= 0 */
    int hard;             /* forward only */
} lbp_project_plan;

/* bits: D*pixels; out: K*pixels; alive: K, shortfall: one, both written. */
typedef void lbp_project_forward_fn(const lbp_project_plan *plan, const float *bits, float *out, float *alive,
                                    float *shortfall, float *scratch);

/* grad: K*pixels; grad_alive, gate_factor: K; grad_bits: D*pixels, written; grad_bias: K, written. */
typedef void lbp_project_backward_fn(const lbp_project_plan *plan, const float *bits, const float *grad,
                                     const float *grad_alive, const float *gate_factor, float grad_shortfall,
                                     float *grad_bits, float *grad_bias, float *scratch);

lbp_project_forward_fn lbp_project_forward_f32_portable, lbp_project_forward_f32_avx2, lbp_project_forward_f32_avx512,
    lbp_project_forward_f32_neon;
lbp_project_backward_fn lbp_project_backward_f32_portable, lbp_project_backward_f32_avx2,
    lbp_project_backward_f32_avx512, lbp_project_backward_f32_neon;

#ifdef __cplusplus
}
#endif
#endif
