/* What sigmoids need, on LBP_LANES floats: the exponential (polynomial of Cephes' expf, Moshier) and the slope. */
#ifndef LBP_SIGMOID_F32_H
#define LBP_SIGMOID_F32_H

#include "vector_f32.h"

/* exp(-|u|) to about 2 ulp; never a subnormal. */
static inline vf exp_minus_abs(vf u) {
    const vf magic = v_set(12582912.0f); /* 1.5 * 2^23: adding it rounds to a whole number */
    vf x = v_max(v_neg_abs(u), v_set(-87.0f));
    vf shifted = x * v_set(1.44269504088896341f) + magic;
    vf n = shifted - magic;
    vf f = x - n * v_set(0.693145751953125f) - n * v_set(1.42860682030941723e-6f);
    vf p = v_set(1.9875691500e-4f);
    p = p * f + v_set(1.3981999507e-3f);
    p = p * f + v_set(8.3334519073e-3f);
    p = p * f + v_set(4.1665795894e-2f);
    p = p * f + v_set(1.6666665459e-1f);
    p = p * f + v_set(5.0000001201e-1f);
    p = p * (f * f) + f + v_set(1.0f);
    return v_scale_exponent(p, shifted);
}

/* 1 / (1 + exp(-u)) */
static inline vf sigmoid(vf u) {
    const vf one = v_set(1.0f), e = exp_minus_abs(u);
    return v_select_positive(u, one, e) / (one + e);
}

/* g[j] * s * (1 - s), s = sigmoid(u[j]), in place of g[j]; the slope to 1.5e-6: 1 / (2 cosh(u / 2))^2, with
 * 2 cosh(u / 2) as a polynomial in u^2 (minimax over 0..40 of the slope's error, our fit). Beyond, it grows without
 * bound: the slope goes to 0. A step for all j, then the next: they run side by side. */
static LBP_INLINE void times_sigmoid_slopes(vf *g, const vf *u, int count) {
    vf v[4], p[4];
    LBP_UNROLL
    for (int j = 0; j < count; j++) v[j] = u[j] * u[j];
    LBP_UNROLL
    for (int j = 0; j < count; j++) p[j] = v[j] * v_set(2.504873673537537e-7f) + v_set(4.192584588605567e-5f);
    LBP_UNROLL
    for (int j = 0; j < count; j++) p[j] = p[j] * v[j] + v_set(5.220048425362702e-3f);
    LBP_UNROLL
    for (int j = 0; j < count; j++) p[j] = p[j] * v[j] + v_set(2.4997595667641567e-1f);
    LBP_UNROLL
    for (int j = 0; j < count; j++) p[j] = p[j] * v[j] + v_set(2.0000056999299924f);
    LBP_UNROLL
    for (int j = 0; j < count; j++) g[j] = g[j] / (p[j] * p[j]);
}

#endif
