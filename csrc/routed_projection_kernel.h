/* Body of the routed-projection kernels; an instruction set's file defines LBP_LANES and LBP_ISA and includes it. */
#include <string.h>

#include "exp_f32.h"
#include "isa_name.h"
#include "routed_projection.h"
#include "vector_f32.h"

static inline vf count_routed(const lbp_project_plan *plan, const float *bits, int k, int n, int lanes) {
    const int32_t *route = plan->route + (size_t)k * plan->bits_per_channel;
    vf z = v_set(plan->bias[k]);
    for (int i = 0; i < plan->bits_per_channel; i++)
        z = z + v_load_first(bits + (size_t)route[i] * plan->pixels + n, lanes);
    return z;
}

void LBP_NAME(lbp_project_forward_f32_)(const lbp_project_plan *plan, const float *bits, float *out, float *sums) {
    const vf inverse = v_set(1.0f / plan->tau), one = v_set(1.0f), zero = v_set(0.0f), margin = v_set(plan->margin);
    vf alive = zero, shortfall = zero;
    for (int k = 0; k < plan->channels; k++) {
        for (int n = 0; n < plan->pixels; n += LBP_LANES) {
            const int lanes = plan->pixels - n < LBP_LANES ? plan->pixels - n : LBP_LANES;
            vf z = count_routed(plan, bits, k, n, lanes), gate;
            if (plan->hard) {
                gate = one - v_one_if_positive(zero - z);
            } else {
                vf e = exp_minus_abs(z * inverse);
                gate = v_select_positive(z, one, e) / (one + e);
            }
            v_store_first(out + (size_t)k * plan->pixels + n, gate, lanes);
            alive = alive + v_keep_first(gate, lanes);
            shortfall = shortfall + v_keep_first(v_max(margin + v_neg_abs(z), zero), lanes);
        }
    }
    sums[0] = v_sum(alive);
    sums[1] = v_sum(shortfall);
}

void LBP_NAME(lbp_project_backward_f32_)(const lbp_project_plan *plan, const float *bits, const float *grad,
                                         float grad_alive, float grad_shortfall, float *grad_bits, float *grad_bias) {
    const vf inverse = v_set(1.0f / plan->tau), one = v_set(1.0f), zero = v_set(0.0f), margin = v_set(plan->margin);
    const vf extra = v_set(grad_alive), push = v_set(grad_shortfall);
    memset(grad_bits, 0, sizeof(float) * (size_t)plan->bits * plan->pixels);
    for (int k = 0; k < plan->channels; k++) {
        const int32_t *route = plan->route + (size_t)k * plan->bits_per_channel;
        vf sum = zero;
        for (int n = 0; n < plan->pixels; n += LBP_LANES) {
            const int lanes = plan->pixels - n < LBP_LANES ? plan->pixels - n : LBP_LANES;
            vf z = count_routed(plan, bits, k, n, lanes);
            vf e = exp_minus_abs(z * inverse), denominator = one + e;
            vf g = v_load_first(grad + (size_t)k * plan->pixels + n, lanes) + extra;
            vf gz = g * (e / (denominator * denominator)) * inverse;
            vf inside = v_one_if_positive(margin + v_neg_abs(z));
            vf sign = v_one_if_positive(z) - v_one_if_positive(zero - z);
            gz = v_keep_first(gz - push * sign * inside, lanes);
            sum = sum + gz;
            for (int i = 0; i < plan->bits_per_channel; i++) {
                float *target = grad_bits + (size_t)route[i] * plan->pixels + n;
                v_store_first(target, v_load_first(target, lanes) + gz, lanes);
            }
        }
        grad_bias[k] = v_sum(sum);
    }
}
