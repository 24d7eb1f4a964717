/* Body of the shared-pattern kernels; an instruction set's file defines LBP_LANES and LBP_ISA and includes it.
 *
 * A plane is copied once into a padded plane of stride S = W + 2r; a whole image is then one flat run of H*S
 * positions, so that every tap is the same array at another start and no loop has a border case. The 2r
 * columns past each row are computed and dropped. The vectoriser is off: "portable" stays what it says.
 */
#include <string.h>

#include "exp_f32.h"
#include "isa_name.h"
#include "shared_lbp.h"
#include "vector_f32.h"

typedef struct {
    int stride, base, run; /* base: padded position of pixel 0; run: flat length, a multiple of the lanes */
    size_t plane;          /* floats of a padded plane with slack for whole vectors */
} geometry;

static geometry geometry_of(const lbp_shared_plan *plan) {
    geometry g;
    g.stride = plan->width + 2 * plan->radius;
    g.base = plan->radius * g.stride + plan->radius;
    g.run = (plan->height * g.stride + 63) / 64 * 64;
    g.plane = (size_t)(2 * g.base + g.run + g.stride + 2 + 64);
    return g;
}

static int pad_plane(const lbp_shared_plan *plan, const geometry *g, const float *x, float *padded) {
    const int h = plan->height, w = plan->width, r = plan->radius, s = g->stride;
    int nan = 0;
    for (int y = 0; y < h; y++) {
        float *row = padded + (size_t)(y + r) * s;
        const float *from = x + (size_t)y * w;
        for (int i = 0; i < r; i++) {
            row[i] = from[0];
            row[r + w + i] = from[w - 1];
        }
        memcpy(row + r, from, sizeof(float) * (size_t)w);
        for (int i = 0; i < w; i++) nan |= from[i] != from[i];
    }
    for (int i = 0; i < r; i++) {
        memcpy(padded + (size_t)i * s, padded + (size_t)r * s, sizeof(float) * (size_t)s);
        memcpy(padded + (size_t)(h + r + i) * s, padded + (size_t)(h + r - 1) * s, sizeof(float) * (size_t)s);
    }
    memset(padded + (size_t)(h + 2 * r) * s, 0, sizeof(float) * (g->plane - (size_t)(h + 2 * r) * s));
    return nan;
}

/* Bilinear weights of upper left, upper right, lower left, lower right. Differences are weighted, not pixels:
 * equal pixels then give exactly 0, and at whole pixels one weight is 1 and the others 0, so that one pixel is
 * read exactly. */
typedef struct {
    vf a, b, c, d;
} corners;

static inline corners weights_of(const lbp_point *point) {
    const float fy = point->fy, fx = point->fx;
    const corners w = {v_set((1 - fy) * (1 - fx)), v_set((1 - fy) * fx), v_set(fy * (1 - fx)), v_set(fy * fx)};
    return w;
}

int LBP_NAME(lbp_shared_forward_f32_)(const lbp_shared_plan *plan, const float *x, float *out, float *scratch) {
    const geometry g = geometry_of(plan);
    const size_t pixels = (size_t)plan->height * plan->width;
    float *padded = scratch, *sums = scratch + g.plane;
    const vf inverse = v_set(1.0f / plan->alpha), one = v_set(1.0f);
    int nan = 0;
    memset(sums, 0, sizeof(float) * (size_t)g.run * plan->points);
    for (int c = 0; c < plan->channels; c++) {
        if (plan->first_point[c] == plan->first_point[c + 1]) continue;
        nan |= pad_plane(plan, &g, x + c * pixels, padded);
        for (int k = plan->first_point[c]; k < plan->first_point[c + 1]; k++) {
            const lbp_point point = plan->point_table[k];
            const float *pivot = padded + g.base, *upper = pivot + point.row * g.stride + point.column;
            const float *lower = upper + g.stride;
            float *sum = sums + (size_t)point.index * g.run;
            const corners w = weights_of(&point);
            for (int n = 0; n < g.run; n += LBP_LANES) {
                const vf p = v_load(pivot + n);
                vf d = w.a * (v_load(upper + n) - p) + w.b * (v_load(upper + n + 1) - p);
                d = d + w.c * (v_load(lower + n) - p) + w.d * (v_load(lower + n + 1) - p);
                vf bit;
                if (plan->hard) {
                    bit = v_one_if_positive(d);
                } else {
                    vf e = exp_minus_abs(d * inverse);
                    bit = v_select_positive(d, one, e) / (one + e);
                }
                v_store(sum + n, v_load(sum + n) + bit);
            }
        }
    }
    for (int i = 0; i < plan->points; i++)
        for (int y = 0; y < plan->height; y++)
            for (int w = 0; w < plan->width; w++)
                out[i * pixels + (size_t)y * plan->width + w] =
                    plan->scale * sums[(size_t)i * g.run + (size_t)y * g.stride + w];
    return nan;
}

/* The replicated border belongs to the outermost pixels. */
static void fold_plane(const lbp_shared_plan *plan, const geometry *g, float *padded, const float *pivots, float *out) {
    const int h = plan->height, w = plan->width, r = plan->radius, s = g->stride;
    for (int i = 0; i < r; i++)
        for (int n = 0; n < s; n++) {
            padded[(size_t)r * s + n] += padded[(size_t)i * s + n];
            padded[(size_t)(h + r - 1) * s + n] += padded[(size_t)(h + r + i) * s + n];
        }
    for (int y = 0; y < h; y++) {
        float *row = padded + (size_t)(y + r) * s;
        for (int i = 0; i < r; i++) {
            row[r] += row[i];
            row[r + w - 1] += row[r + w + i];
        }
        for (int i = 0; i < w; i++) out[(size_t)y * w + i] = row[r + i] - pivots[(size_t)y * s + i];
    }
}

/* Adds the gradient of one point's samples to the four taps of each. `gd` has stride + 1 zeros before it. */
static inline void spread(const geometry *g, const lbp_point *point, const float *gd, float *target) {
    const int end = g->run + g->stride + 2;
    const corners w = weights_of(point);
    for (int m = 0; m < end; m += LBP_LANES) {
        vf sum = v_load(target + m) + w.a * v_load(gd + m) + w.b * v_load(gd + m - 1);
        sum = sum + w.c * v_load(gd + m - g->stride) + w.d * v_load(gd + m - g->stride - 1);
        v_store(target + m, sum);
    }
}

void LBP_NAME(lbp_shared_backward_f32_)(const lbp_shared_plan *plan, const float *x, const float *grad, float *grad_x,
                                        float *grad_offsets, float *grad_alpha, float *scratch) {
    const geometry g = geometry_of(plan);
    const size_t pixels = (size_t)plan->height * plan->width;
    const size_t margin = (size_t)g.stride + 64, length = margin + g.run + g.stride + 2 + 64;
    float *padded = scratch, *spread_plane = padded + g.plane, *pivots = spread_plane + g.plane;
    float *gd = pivots + g.run + margin, *scaled = gd + length - margin;
    const vf inverse = v_set(1.0f / plan->alpha), one = v_set(1.0f);
    vf alpha_sum = v_set(0.0f);
    memset(gd - margin, 0, sizeof(float) * length);
    memset(scaled, 0, sizeof(float) * (size_t)g.run * plan->points);
    for (int i = 0; i < plan->points; i++)
        for (int y = 0; y < plan->height; y++)
            for (int w = 0; w < plan->width; w++)
                scaled[(size_t)i * g.run + (size_t)y * g.stride + w] =
                    plan->scale / plan->alpha * grad[i * pixels + (size_t)y * plan->width + w];
    for (int c = 0; c < plan->channels; c++) {
        if (plan->first_point[c] == plan->first_point[c + 1]) {
            memset(grad_x + c * pixels, 0, sizeof(float) * pixels);
            continue;
        }
        pad_plane(plan, &g, x + c * pixels, padded);
        memset(spread_plane, 0, sizeof(float) * g.plane);
        memset(pivots, 0, sizeof(float) * (size_t)g.run);
        for (int k = plan->first_point[c]; k < plan->first_point[c + 1]; k++) {
            const lbp_point point = plan->point_table[k];
            const int start = g.base + point.row * g.stride + point.column;
            const float *pivot = padded + g.base, *upper = padded + start, *lower = upper + g.stride;
            const float *weight = scaled + (size_t)point.index * g.run;
            const corners w = weights_of(&point);
            const vf right = v_set(point.fx), down = v_set(point.fy), left = one - right, up = one - down;
            vf sum_y = v_set(0.0f), sum_x = v_set(0.0f);
            for (int n = 0; n < g.run; n += LBP_LANES) {
                const vf p = v_load(pivot + n);
                const vf a = v_load(upper + n) - p, b = v_load(upper + n + 1) - p;
                const vf c_ = v_load(lower + n) - p, d_ = v_load(lower + n + 1) - p;
                vf u = (w.a * a + w.b * b + w.c * c_ + w.d * d_) * inverse;
                vf e = exp_minus_abs(u), denominator = one + e;
                vf slope = v_load(weight + n) * (e / (denominator * denominator));
                v_store(gd + n, slope);
                v_store(pivots + n, v_load(pivots + n) + slope);
                alpha_sum = alpha_sum + slope * u;
                sum_y = sum_y + slope * (left * (c_ - a) + right * (d_ - b));
                sum_x = sum_x + slope * (up * (b - a) + down * (d_ - c_));
            }
            grad_offsets[2 * k] = v_sum(sum_y);
            grad_offsets[2 * k + 1] = v_sum(sum_x);
            spread(&g, &point, gd, spread_plane + start);
        }
        fold_plane(plan, &g, spread_plane, pivots, grad_x + c * pixels);
    }
    *grad_alpha = -v_sum(alpha_sum);
}
