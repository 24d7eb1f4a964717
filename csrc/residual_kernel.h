/* Body of the residual kernels; an instruction set's file defines LBP_LANES and LBP_ISA and includes it. */
#include <string.h>

#include "average_pool_loops.h"
#include "isa_name.h"
#include "residual.h"
#include "vector_f32.h"

/* Rows and vectors of a product that are computed at a time: their sums stay in registers. */
enum { ROWS = 4, VECTORS = 2 };

/* Entry (m, n) of a matrix lies at m * row + n * column. */
typedef struct {
    const float *from;
    ptrdiff_t row, column;
} matrix;

static LBP_INLINE void product_block(matrix a, const float *b, int inner, ptrdiff_t b_row, float *out,
                                     ptrdiff_t out_row, int rows, int vectors, int lanes) {
    vf sum[ROWS][VECTORS];
    LBP_UNROLL
    for (int m = 0; m < rows; m++)
        LBP_UNROLL
        for (int v = 0; v < vectors; v++) sum[m][v] = v_set(0.0f);
    for (int n = 0; n < inner; n++, a.from += a.column, b += b_row) {
        vf right[VECTORS];
        LBP_UNROLL
        for (int v = 0; v < vectors; v++) right[v] = v_load_first(b + v * LBP_LANES, lanes);
        LBP_UNROLL
        for (int m = 0; m < rows; m++) {
            const vf left = v_set(a.from[m * a.row]);
            LBP_UNROLL
            for (int v = 0; v < vectors; v++) sum[m][v] = sum[m][v] + left * right[v];
        }
    }
    LBP_UNROLL
    for (int m = 0; m < rows; m++)
        LBP_UNROLL
        for (int v = 0; v < vectors; v++) v_store_first(out + m * out_row + v * LBP_LANES, sum[m][v], lanes);
}

static LBP_INLINE void product_rows(matrix a, const float *b, int inner, int columns, float *out, int rows) {
    int p = 0;
    for (; p + VECTORS * LBP_LANES <= columns; p += VECTORS * LBP_LANES)
        product_block(a, b + p, inner, columns, out + p, columns, rows, VECTORS, LBP_LANES);
    for (; p + LBP_LANES <= columns; p += LBP_LANES)
        product_block(a, b + p, inner, columns, out + p, columns, rows, 1, LBP_LANES);
    if (p < columns) product_block(a, b + p, inner, columns, out + p, columns, rows, 1, columns - p);
}

/* out = a b; a: rows x inner, b: inner x columns, out: rows x columns. */
static void product(matrix a, const float *b, int rows, int inner, int columns, float *out) {
    int m = 0;
    for (; m + ROWS <= rows; m += ROWS, a.from += ROWS * a.row)
        product_rows(a, b, inner, columns, out + (size_t)m * columns, ROWS);
    for (; m < rows; m++, a.from += a.row) product_rows(a, b, inner, columns, out + (size_t)m * columns, 1);
}

static int pooled_pixels(const lbp_residual_plan *plan) {
    return plan->pool ? (plan->height / 2) * (plan->width / 2) : plan->height * plan->width;
}

/* x itself, or its pooled planes in `scratch`. */
static const float *pooled(const lbp_residual_plan *plan, const float *x, float *scratch) {
    if (!plan->pool) return x;
    const int pixels = pooled_pixels(plan);
    for (int c = 0; c < plan->in_channels; c++)
        average_blocks(x + (size_t)c * plan->height * plan->width, scratch + (size_t)c * pixels, plan->height,
                       plan->width);
    return scratch;
}

void LBP_NAME(lbp_residual_forward_f32_)(const lbp_residual_plan *plan, const float *x, const uint8_t *sums,
                                         const float *slope_of_sum, const float *shift, float *out, float *scratch) {
    const int pixels = pooled_pixels(plan);
    const matrix weight = {plan->weight, plan->in_channels, 1};
    product(weight, pooled(plan, x, scratch), plan->channels, plan->in_channels, pixels, out);
    for (int k = 0; k < plan->channels; k++) {
        const float slope = slope_of_sum[k], constant = shift[k];
        for (int p = 0; p < pixels; p++, out++, sums++) {
            const float value = slope * (float)*sums + constant + *out;
            *out = value < 0.0f ? 0.0f : value;
        }
    }
}

/* gm px.T: one product of whole vectors where px has many channels, else sums over the pixels. */
static void weight_gradient(const lbp_residual_plan *plan, const float *px, const float *gm, float *grad_weight,
                            float *turned) {
    const int pixels = pooled_pixels(plan), channels = plan->in_channels;
    if (channels >= LBP_LANES / 2) {
        const matrix of_gates = {gm, pixels, 1};
        for (int c = 0; c < channels; c++)
            for (int p = 0; p < pixels; p++) turned[(size_t)p * channels + c] = px[(size_t)c * pixels + p];
        product(of_gates, turned, plan->channels, pixels, channels, grad_weight);
        return;
    }
    for (int k = 0; k < plan->channels; k++)
        for (int c = 0; c < channels; c++) {
            vf sum = v_set(0.0f);
            for (int p = 0; p < pixels; p += LBP_LANES) {
                const int lanes = lanes_left(pixels, p);
                sum = sum + v_load_first(gm + (size_t)k * pixels + p, lanes) *
                                v_load_first(px + (size_t)c * pixels + p, lanes);
            }
            grad_weight[k * channels + c] = v_sum(sum);
        }
}

void LBP_NAME(lbp_residual_backward_f32_)(const lbp_residual_plan *plan, const float *x, const float *gm,
                                          float *grad_x, float *grad_weight, float *scratch) {
    const int pixels = pooled_pixels(plan), channels = plan->in_channels;
    const size_t plane = (size_t)plan->height * plan->width;
    float *back = scratch + (size_t)channels * pixels;
    weight_gradient(plan, pooled(plan, x, scratch), gm, grad_weight, back);
    const matrix turned = {plan->weight, 1, channels};
    product(turned, gm, channels, plan->channels, pixels, back);
    for (int c = 0; c < channels; c++) {
        float *to = grad_x + c * plane;
        const float *from = back + (size_t)c * pixels;
        if (plan->pool)
            add_to_blocks(from, to, plan->height, plan->width);
        else
            for (int p = 0; p < pixels; p++) to[p] += from[p];
    }
}
