/* Body of the routed-LBP kernels; an instruction set's file defines LBP_LANES and LBP_ISA and includes it.
 *
 * As in shared_lbp_kernel.h a plane is copied once into a padded one and then walked as one flat run. Rows share
 * their zero borders: the r + 1 zeros after a row are those before the next (one more than the window needs, for
 * the neighbours of a sample at its edge).
 */
#include <string.h>

#include "isa_name.h"
#include "routed_lbp.h"
#include "vector_f32.h"

typedef struct {
    int border, stride, base, run; /* base: padded position of pixel 0; run: flat length, whole vectors */
    size_t plane;
} routed_geometry;

static routed_geometry routed_geometry_of(const lbp_routed_plan *plan) {
    routed_geometry g;
    g.border = plan->radius + 1;
    g.stride = plan->width + g.border;
    g.base = g.border * g.stride + g.border;
    g.run = (plan->height * g.stride + 15) / 16 * 16;
    g.plane = (size_t)(2 * g.base + g.run + 16);
    return g;
}

static void place_plane(const lbp_routed_plan *plan, const routed_geometry *g, const float *x, float *padded) {
    for (int y = 0; y < plan->height; y++)
        memcpy(padded + g->base + (size_t)y * g->stride, x + (size_t)y * plan->width, sizeof(float) * (size_t)plan->width);
}

void LBP_NAME(lbp_routed_forward_f32_)(const lbp_routed_plan *plan, const float *x, float *out, float *scratch) {
    const routed_geometry g = routed_geometry_of(plan);
    const size_t pixels = (size_t)plan->height * plan->width;
    float *padded = scratch, *sums = scratch + g.plane;
    memset(padded, 0, sizeof(float) * g.plane);
    memset(sums, 0, sizeof(float) * (size_t)g.run * plan->outputs);
    for (int c = 0; c < plan->channels; c++) {
        if (plan->first_point[c] == plan->first_point[c + 1]) continue;
        place_plane(plan, &g, x + c * pixels, padded);
        for (int i = plan->first_point[c]; i < plan->first_point[c + 1]; i++) {
            const lbp_routed_point point = plan->point_table[i];
            const float *pivot = padded + g.base, *sample = pivot + point.row * g.stride + point.column;
            float *sum = sums + (size_t)point.output * g.run;
            const vf weight = v_set(point.weight);
            for (int n = 0; n < g.run; n += LBP_LANES)
                v_store(sum + n, v_load(sum + n) + v_if_greater(v_load(sample + n), v_load(pivot + n), weight));
        }
    }
    for (int k = 0; k < plan->outputs; k++)
        for (int y = 0; y < plan->height; y++) {
            const float *from = sums + (size_t)k * g.run + (size_t)y * g.stride;
            float *to = out + k * pixels + (size_t)y * plan->width;
            if (plan->threshold >= 0)
                for (int w = 0; w < plan->width; w++) to[w] = from[w] > plan->threshold ? 1.0f : 0.0f;
            else
                for (int w = 0; w < plan->width; w++)
                    to[w] = plan->scale * (from[w] > plan->floor ? from[w] : plan->floor);
        }
}

/* Gradients of the sums, in padded rows: zero between rows and where the floor was in force. */
static void place_gradients(const lbp_routed_plan *plan, const routed_geometry *g, const float *out, const float *grad,
                            float *placed) {
    const size_t pixels = (size_t)plan->height * plan->width;
    const float lowest = plan->scale * plan->floor;
    memset(placed, 0, sizeof(float) * (size_t)g->run * plan->outputs);
    for (int k = 0; k < plan->outputs; k++)
        for (int y = 0; y < plan->height; y++) {
            const size_t at = k * pixels + (size_t)y * plan->width;
            float *to = placed + (size_t)k * g->run + (size_t)y * g->stride;
            for (int w = 0; w < plan->width; w++) to[w] = out[at + w] > lowest ? plan->scale * grad[at + w] : 0.0f;
        }
}

void LBP_NAME(lbp_routed_backward_f32_)(const lbp_routed_plan *plan, const float *x, const float *out,
                                        const float *grad, float *grad_x, float *grad_positions, float *scratch) {
    const routed_geometry g = routed_geometry_of(plan);
    const size_t pixels = (size_t)plan->height * plan->width;
    float *padded = scratch, *target = padded + g.plane, *gd = target + g.plane, *pivots = gd + g.run;
    float *placed = pivots + g.run;
    const vf inverse = v_set(1.0f / plan->tau), one = v_set(1.0f), half = v_set(0.5f);
    memset(padded, 0, sizeof(float) * g.plane);
    place_gradients(plan, &g, out, grad, placed);
    for (int c = 0; c < plan->channels; c++) {
        if (plan->first_point[c] == plan->first_point[c + 1]) continue;
        place_plane(plan, &g, x + c * pixels, padded);
        memset(target, 0, sizeof(float) * g.plane);
        memset(pivots, 0, sizeof(float) * (size_t)g.run);
        for (int i = plan->first_point[c]; i < plan->first_point[c + 1]; i++) {
            const lbp_routed_point point = plan->point_table[i];
            const int start = g.base + point.row * g.stride + point.column;
            const float *pivot = padded + g.base, *sample = padded + start;
            const float *upper = sample - g.stride, *lower = sample + g.stride;
            const float *slope = placed + (size_t)point.output * g.run;
            const vf factor = v_set(0.5f * point.weight / plan->tau);
            vf rows = v_set(0.0f), columns = v_set(0.0f);
            for (int n = 0; n < g.run; n += LBP_LANES) {
                vf below = one - v_neg_abs(v_load(sample + n) - v_load(pivot + n)) * inverse; /* 1 + |u| */
                vf gradient = v_load(slope + n) * (factor / (below * below));
                v_store(gd + n, gradient);
                v_store(pivots + n, v_load(pivots + n) + gradient);
                rows = rows + gradient * (v_load(lower + n) - v_load(upper + n));
                columns = columns + gradient * (v_load(sample + n + 1) - v_load(sample + n - 1));
            }
            grad_positions[2 * i] = v_sum(rows * half);
            grad_positions[2 * i + 1] = v_sum(columns * half);
            for (int n = 0; n < g.run; n += LBP_LANES)
                v_store(target + start + n, v_load(target + start + n) + v_load(gd + n));
        }
        for (int y = 0; y < plan->height; y++)
            for (int w = 0; w < plan->width; w++)
                grad_x[c * pixels + (size_t)y * plan->width + w] +=
                    target[g.base + (size_t)y * g.stride + w] - pivots[(size_t)y * g.stride + w];
    }
}
