/* Body of the routed-projection kernels; an instruction set's file defines LBP_LANES and LBP_ISA and includes it.
 *
 * A few vectors of pixels at a time, all channels: the bits they count then stay in the first-level cache. Their
 * gradient is gathered from the channels that count a bit instead of scattered from each channel, which would store
 * k times. A block is BLOCK whole vectors, or one that may hold fewer pixels than lanes.
 */
#include <string.h>

#include "isa_name.h"
#include "routed_projection.h"
#include "sigmoid_f32.h"
#include "vector_f32.h"

enum { BLOCK = 4 };

static LBP_INLINE void count_routed(const lbp_project_plan *plan, const float *bits, int k, int vectors, int lanes,
                                    vf *z) {
    const int32_t *route = plan->route + (size_t)k * plan->bits_per_channel;
    LBP_UNROLL
    for (int v = 0; v < vectors; v++) z[v] = v_set(plan->bias[k]);
    for (int i = 0; i < plan->bits_per_channel; i++) {
        const float *from = bits + route[i] * (size_t)plan->pixels;
        LBP_UNROLL
        for (int v = 0; v < vectors; v++) z[v] = z[v] + v_load_first(from + v * LBP_LANES, lanes);
    }
}

/* alive: one vector a channel. */
static LBP_INLINE vf forward_block(const lbp_project_plan *plan, const float *bits, float *out, float *alive,
                                   vf shortfall, int vectors, int lanes, int hard) {
    const vf inverse = v_set(1.0f / plan->tau), one = v_set(1.0f), zero = v_set(0.0f), margin = v_set(plan->margin);
    for (int k = 0; k < plan->channels; k++) {
        vf z[BLOCK], open = v_load(alive + (size_t)k * LBP_LANES);
        count_routed(plan, bits, k, vectors, lanes, z);
        LBP_UNROLL
        for (int v = 0; v < vectors; v++) {
            const vf gate = hard ? one - v_one_if_positive(zero - z[v]) : sigmoid(z[v] * inverse);
            v_store_first(out + (size_t)k * plan->pixels + v * LBP_LANES, gate, lanes);
            open = open + v_keep_first(gate, lanes);
            shortfall = shortfall + v_keep_first(v_max(margin + v_neg_abs(z[v]), zero), lanes);
        }
        v_store(alive + (size_t)k * LBP_LANES, open);
    }
    return shortfall;
}

static LBP_INLINE void forward(const lbp_project_plan *plan, const float *bits, float *out, float *alive,
                               float *shortfall, float *scratch, int hard) {
    vf missing = v_set(0.0f);
    int n = 0;
    memset(scratch, 0, sizeof(float) * (size_t)plan->channels * LBP_LANES);
    for (; n + BLOCK * LBP_LANES <= plan->pixels; n += BLOCK * LBP_LANES)
        missing = forward_block(plan, bits + n, out + n, scratch, missing, BLOCK, LBP_LANES, hard);
    for (; n + LBP_LANES <= plan->pixels; n += LBP_LANES)
        missing = forward_block(plan, bits + n, out + n, scratch, missing, 1, LBP_LANES, hard);
    if (n < plan->pixels)
        missing = forward_block(plan, bits + n, out + n, scratch, missing, 1, plan->pixels - n, hard);
    for (int k = 0; k < plan->channels; k++) alive[k] = v_sum(v_load(scratch + (size_t)k * LBP_LANES));
    *shortfall = v_sum(missing);
}

void LBP_NAME(lbp_project_forward_f32_)(const lbp_project_plan *plan, const float *bits, float *out, float *alive,
                                        float *shortfall, float *scratch) {
    if (plan->hard)
        forward(plan, bits, out, alive, shortfall, scratch, 1);
    else
        forward(plan, bits, out, alive, shortfall, scratch, 0);
}

/* What arrives from outside; constant over an image. */
typedef struct {
    const float *alive, *gate_factor;
    float shortfall;
} project_gradients;

/* bias_sums: one vector a channel; slopes: BLOCK of them. */
static LBP_INLINE void backward_block(const lbp_project_plan *plan, const float *bits, const float *grad,
                                      const project_gradients *from, float *grad_bits, float *bias_sums, float *slopes,
                                      int vectors, int lanes) {
    const vf inverse = v_set(1.0f / plan->tau), zero = v_set(0.0f), margin = v_set(plan->margin);
    const vf one = v_set(1.0f), push = v_set(from->shortfall);
    for (int k = 0; k < plan->channels; k++) {
        const vf constant = v_set(from->alive[k]), factor = v_set(from->gate_factor[k]);
        vf z[BLOCK], sum = v_load(bias_sums + (size_t)k * LBP_LANES);
        count_routed(plan, bits, k, vectors, lanes, z);
        vf slope[BLOCK], u[BLOCK];
        LBP_UNROLL
        for (int v = 0; v < vectors; v++) {
            const vf g = v_load_first(grad + (size_t)k * plan->pixels + v * LBP_LANES, lanes) + constant;
            slope[v] = (g + factor * (one - v_one_if_positive(zero - z[v]))) * inverse;
            u[v] = z[v] * inverse;
        }
        times_sigmoid_slopes(slope, u, vectors);
        LBP_UNROLL
        for (int v = 0; v < vectors; v++) {
            const vf below = v_one_if_positive(zero - z[v]), above = v_one_if_positive(z[v]);
            const vf inside = v_one_if_positive(margin + v_neg_abs(z[v]));
            const vf gz = v_keep_first(slope[v] - push * inside * (above - below), lanes);
            v_store(slopes + ((size_t)k * BLOCK + v) * LBP_LANES, gz);
            sum = sum + gz;
        }
        v_store(bias_sums + (size_t)k * LBP_LANES, sum);
    }
    for (int d = 0; d < plan->bits; d++) {
        vf sum[BLOCK];
        LBP_UNROLL
        for (int v = 0; v < vectors; v++) sum[v] = zero;
        for (int i = plan->first_user[d]; i < plan->first_user[d + 1]; i++) {
            const float *slope = slopes + (size_t)plan->users[i] * BLOCK * LBP_LANES;
            LBP_UNROLL
            for (int v = 0; v < vectors; v++) sum[v] = sum[v] + v_load(slope + v * LBP_LANES);
        }
        LBP_UNROLL
        for (int v = 0; v < vectors; v++)
            v_store_first(grad_bits + (size_t)d * plan->pixels + v * LBP_LANES, sum[v], lanes);
    }
}

void LBP_NAME(lbp_project_backward_f32_)(const lbp_project_plan *plan, const float *bits, const float *grad,
                                         const float *grad_alive, const float *gate_factor, float grad_shortfall,
                                         float *grad_bits, float *grad_bias, float *scratch) {
    const project_gradients from = {grad_alive, gate_factor, grad_shortfall};
    float *sums = scratch, *slopes = scratch + (size_t)plan->channels * LBP_LANES;
    int n = 0;
    memset(sums, 0, sizeof(float) * (size_t)plan->channels * LBP_LANES);
    for (; n + BLOCK * LBP_LANES <= plan->pixels; n += BLOCK * LBP_LANES)
        backward_block(plan, bits + n, grad + n, &from, grad_bits + n, sums, slopes, BLOCK, LBP_LANES);
    for (; n + LBP_LANES <= plan->pixels; n += LBP_LANES)
        backward_block(plan, bits + n, grad + n, &from, grad_bits + n, sums, slopes, 1, LBP_LANES);
    if (n < plan->pixels)
        backward_block(plan, bits + n, grad + n, &from, grad_bits + n, sums, slopes, 1, plan->pixels - n);
    for (int k = 0; k < plan->channels; k++) grad_bias[k] = v_sum(v_load(sums + (size_t)k * LBP_LANES));
}
