/* The exponential that sigmoids need, on LBP_LANES floats (polynomial of Cephes' expf, Moshier). */
#ifndef LBP_EXP_F32_H
#define LBP_EXP_F32_H

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

#endif
