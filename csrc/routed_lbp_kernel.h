/* Body of the routed-LBP kernels; an instruction set's file defines LBP_LANES and LBP_ISA and includes it.
 *
 * As in shared_lbp_kernel.h a plane is copied once into a padded one whose rows are whole vectors, and a column of
 * vectors is walked down its rows. Rows share their zero borders: the zeros after a row are those before the next
 * (one more than the window needs, for the neighbours of a sample at its edge).
 */
#include <string.h>

#include "isa_name.h"
#include "routed_lbp.h"
#include "vector_f32.h"

typedef struct {
    int columns, stride; /* floats: pixels of a row in whole vectors; the same and the zeros after them */
    int base;            /* padded position of pixel 0 */
    size_t dense, plane; /* floats of a plane of whole vectors without zeros, and of a padded one */
} routed_geometry;

static routed_geometry routed_geometry_of(const lbp_routed_plan *plan, int lanes) {
    const int border = plan->radius + 1;
    routed_geometry g;
    g.columns = whole_vectors(plan->width, lanes);
    g.stride = g.columns + whole_vectors(border, lanes);
    g.base = (border + 1) * g.stride;
    g.dense = (size_t)g.columns * plan->height;
    g.plane = (size_t)g.stride * (plan->height + 2 * border + 2);
    return g;
}

static void place_plane(const lbp_routed_plan *plan, const routed_geometry *g, const float *x, float *padded) {
    for (int y = 0; y < plan->height; y++)
        for (int n = 0; n < plan->width; n += LBP_LANES)
            v_store(padded + g->base + (size_t)y * g->stride + n,
                    v_load_first(x + (size_t)y * plan->width + n, lanes_left(plan->width, n)));
}

void LBP_NAME(lbp_routed_forward_f32_)(const lbp_routed_plan *plan, const float *x, float *out, float *scratch) {
    const routed_geometry g = routed_geometry_of(plan, LBP_LANES);
    const size_t pixels = (size_t)plan->height * plan->width;
    const int height = plan->height;
    float *padded = scratch, *sums = scratch + g.plane;
    memset(padded, 0, sizeof(float) * (g.plane + g.dense * plan->outputs));
    for (int c = 0; c < plan->channels; c++) {
        if (plan->first_point[c] == plan->first_point[c + 1]) continue;
        place_plane(plan, &g, x + c * pixels, padded);
        for (int i = plan->first_point[c]; i < plan->first_point[c + 1]; i++) {
            const lbp_routed_point point = plan->point_table[i];
            const int shift = point.row * g.stride + point.column;
            const vf weight = v_set(point.weight);
            for (int n = 0; n < g.columns; n += LBP_LANES) {
                const float *pivot = padded + g.base + n;
                float *sum = sums + (size_t)point.output * g.dense + n;
                for (int y = 0; y < height; y++, pivot += g.stride, sum += g.columns)
                    v_store(sum, v_load(sum) + v_if_greater(v_load(pivot + shift), v_load(pivot), weight));
            }
        }
    }
    const vf scale = v_set(plan->scale), floor = v_set(plan->floor), threshold = v_set(plan->threshold);
    const vf one = v_set(1.0f);
    for (int row = 0; row < plan->outputs * height; row++)
        for (int n = 0; n < plan->width; n += LBP_LANES) {
            const vf sum = v_load(sums + (size_t)row * g.columns + n);
            const vf value = plan->threshold >= 0 ? v_if_greater(sum, threshold, one) : scale * v_max(sum, floor);
            v_store_first(out + (size_t)row * plan->width + n, value, lanes_left(plan->width, n));
        }
}

/* Gradients of the sums, in rows of whole vectors: zero past a row's end and where the floor was in force. */
static void place_gradients(const lbp_routed_plan *plan, const routed_geometry *g, const float *out, const float *grad,
                            float *placed) {
    const vf scale = v_set(plan->scale), lowest = v_set(plan->scale * plan->floor);
    for (int row = 0; row < plan->outputs * plan->height; row++)
        for (int n = 0; n < plan->width; n += LBP_LANES) {
            const size_t at = (size_t)row * plan->width + n;
            const int lanes = lanes_left(plan->width, n);
            /* Lanes that were not loaded are 0 in the gradient. */
            const vf slope = scale * v_load_first(grad + at, lanes);
            v_store(placed + (size_t)row * g->columns + n, v_if_greater(v_load_first(out + at, lanes), lowest, slope));
        }
}

/* Position gradients of one image, twice as large: slope times difference of rows and of columns at the sample. */
typedef struct {
    vf rows, columns;
} routed_sums;

static routed_sums point_backward(const routed_geometry *g, int height, const lbp_routed_point *point, float tau,
                                  const float *padded, const float *placed, float *target, float *pivot_sums) {
    const ptrdiff_t shift = (ptrdiff_t)point->row * g->stride + point->column, stride = g->stride;
    const vf inverse = v_set(1.0f / tau), one = v_set(1.0f), factor = v_set(0.5f * point->weight / tau);
    const int columns = g->columns;
    routed_sums sums = {v_set(0.0f), v_set(0.0f)};
    for (int n = 0; n < columns; n += LBP_LANES) {
        const float *pivot = padded + g->base + n, *sample = pivot + shift;
        const float *slope = placed + (size_t)point->output * g->dense + n;
        float *pivot_sum = pivot_sums + n, *arrives = target + g->base + n + shift;
        for (int y = 0; y < height; y++) {
            const vf below = one - v_neg_abs(v_load(sample) - v_load(pivot)) * inverse; /* 1 + |u| */
            const vf gradient = v_load(slope) * factor / (below * below);
            sums.rows = sums.rows + gradient * (v_load(sample + stride) - v_load(sample - stride));
            sums.columns = sums.columns + gradient * (v_load(sample + 1) - v_load(sample - 1));
            v_store(pivot_sum, v_load(pivot_sum) + gradient);
            v_store(arrives, v_load(arrives) + gradient);
            pivot += stride;
            sample += stride;
            arrives += stride;
            slope += columns;
            pivot_sum += columns;
        }
    }
    return sums;
}

void LBP_NAME(lbp_routed_backward_f32_)(const lbp_routed_plan *plan, const float *x, const float *out,
                                        const float *grad, float *grad_x, float *grad_positions, float *scratch) {
    const routed_geometry g = routed_geometry_of(plan, LBP_LANES);
    const size_t pixels = (size_t)plan->height * plan->width;
    float *padded = scratch, *target = padded + g.plane, *pivot_sums = target + g.plane;
    float *placed = pivot_sums + g.dense;
    memset(padded, 0, sizeof(float) * g.plane);
    place_gradients(plan, &g, out, grad, placed);
    for (int c = 0; c < plan->channels; c++) {
        if (plan->first_point[c] == plan->first_point[c + 1]) continue;
        place_plane(plan, &g, x + c * pixels, padded);
        memset(target, 0, sizeof(float) * (g.plane + g.dense));
        for (int i = plan->first_point[c]; i < plan->first_point[c + 1]; i++) {
            const routed_sums sums = point_backward(&g, plan->height, plan->point_table + i, plan->tau, padded, placed,
                                                    target, pivot_sums);
            grad_positions[2 * i] = 0.5f * v_sum(sums.rows);
            grad_positions[2 * i + 1] = 0.5f * v_sum(sums.columns);
        }
        for (int y = 0; y < plan->height; y++)
            for (int n = 0; n < plan->width; n += LBP_LANES) {
                const int lanes = lanes_left(plan->width, n);
                float *to = grad_x + c * pixels + (size_t)y * plan->width + n;
                const vf arrived = v_load(target + g.base + (size_t)y * g.stride + n);
                v_store_first(to, v_load_first(to, lanes) + (arrived - v_load(pivot_sums + (size_t)y * g.columns + n)),
                              lanes);
            }
    }
}
