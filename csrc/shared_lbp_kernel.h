/* Body of the shared-pattern kernels; an instruction set's file defines LBP_LANES and LBP_ISA and includes it.
 *
 * Planes are copied once into padded rows, pixel 0 at a vector's start, so that every tap is the same row at another
 * start and no loop has a border case. The points of a cell read the same four taps: what these differ by is computed
 * once for all of them, and what arrives at them is added up over all of them before it is stored. The columns past a
 * row's end hold the border's value and take no gradient. The vectoriser is off: "portable" stays what it says.
 */
#include <string.h>

#include "isa_name.h"
#include "shared_lbp.h"
#include "sigmoid_f32.h"
#include "vector_f32.h"

typedef struct {
    int columns, border;      /* floats: pixels of a row in whole vectors; padding to its left, and after all rows */
    int stride, rows;         /* of a padded plane */
    int target_stride;        /* rows of gradients arriving at taps: `columns`, then zeros as wide as the radius */
    size_t plane, targets;    /* floats of an unpadded plane whose rows are whole vectors; of one column's targets */
} geometry;

static geometry geometry_of(const lbp_shared_plan *plan, int lanes) {
    geometry g;
    g.columns = whole_vectors(plan->width, lanes);
    g.border = whole_vectors(plan->radius, lanes);
    g.stride = g.border + whole_vectors(plan->width + plan->radius, lanes);
    g.rows = plan->height + 2 * plan->radius;
    g.target_stride = g.columns + g.border;
    g.plane = (size_t)g.columns * plan->height;
    g.targets = (size_t)g.target_stride * g.rows;
    return g;
}

/* One row, times `scale`, and the border to both sides; asks for the next plane's. Returns a mask of NaN. */
static inline vf pad_row(const lbp_shared_plan *plan, const geometry *g, const float *from, vf scale, float *row) {
    const int w = plan->width;
    float *pixel = row + g->border;
    vf nan = v_set(0.0f);
    for (int n = 0; n < w; n += LBP_LANES) {
        v_prefetch(from + n + (size_t)plan->height * w);
        const vf value = v_load_first(from + n, lanes_left(w, n)) * scale;
        nan = v_or(nan, v_nan_mask(value));
        v_store(pixel + n, value);
    }
    const vf left = v_set(pixel[0]), right = v_set(pixel[w - 1]);
    for (int n = w, end = g->stride - g->border; n < end; n += LBP_LANES)
        v_store_first(pixel + n, right, lanes_left(end, n));
    for (int n = 0; n < g->border; n += LBP_LANES) v_store(row + n, left);
    return nan;
}

/* `padded`: for each row the channels one after the other, and a border's width of zeros after all. Everything is
 * multiplied by `factor`. Returns whether a NaN was met. */
static int pad_planes(const lbp_shared_plan *plan, const geometry *g, const float *x, int channels, float factor,
                      float *padded) {
    const int r = plan->radius, h = plan->height;
    const size_t step = (size_t)channels * g->stride, pixels = (size_t)h * plan->width;
    const vf scale = v_set(factor);
    vf nan = v_set(0.0f);
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < h; y++)
            nan = v_or(nan, pad_row(plan, g, x + c * pixels + (size_t)y * plan->width, scale,
                                    padded + (size_t)(y + r) * step + (size_t)c * g->stride));
    for (int i = 0; i < r; i++) {
        memcpy(padded + i * step, padded + r * step, sizeof(float) * step);
        memcpy(padded + (h + r + i) * step, padded + (h + r - 1) * step, sizeof(float) * step);
    }
    memset(padded + g->rows * step, 0, sizeof(float) * (size_t)g->border);
    return v_any(nan);
}

/* What the four taps of a cell differ by, at one vector of pixels. The difference of a sample and its pivot is
 * linear in each: exactly 0 where all five are equal, exactly one tap minus the pivot where fy and fx are 0. */
typedef struct {
    vf above;         /* nearer corner minus pivot */
    vf across, down;  /* tap a column (a row) farther minus the nearer corner */
    vf twisted;       /* what `across` gains in the farther row */
} cell_differences;

/* `row_step`: floats from the nearer to the farther row. */
static LBP_INLINE cell_differences differ(const float *corner, const float *pivot, ptrdiff_t row_step,
                                          ptrdiff_t column_step) {
    const vf a = v_load(corner), b = v_load(corner + column_step);
    const vf c = v_load(corner + row_step), d = v_load(corner + row_step + column_step);
    const cell_differences of = {a - v_load(pivot), b - a, c - a, (d - c) - (b - a)};
    return of;
}

/* Adds to `out` the bits of a cell's points, summed over the channels. */
static LBP_INLINE void cell_forward(const lbp_shared_plan *plan, const geometry *g, const lbp_cell *cell,
                                    const lbp_point *points, int count, int channels, const float *padded, int hard,
                                    float *out) {
    const ptrdiff_t step = (ptrdiff_t)channels * g->stride;
    const ptrdiff_t row_step = cell->row_step * step, column_step = cell->column_step;
    const size_t pixels = (size_t)plan->height * plan->width;
    const vf inverse = v_set(1.0f / plan->alpha);
    vf fy[LBP_CELL_POINTS], fx[LBP_CELL_POINTS];
    LBP_UNROLL
    for (int j = 0; j < count; j++) fy[j] = v_set(points[j].fy), fx[j] = v_set(points[j].fx);
    for (int y = 0; y < plan->height; y++) {
        for (int n = 0; n < plan->width; n += LBP_LANES) {
            const float *pivot = padded + (y + plan->radius) * step + g->border + n;
            const float *corner = pivot + cell->row * step + cell->column;
            vf sum[LBP_CELL_POINTS];
            LBP_UNROLL
            for (int j = 0; j < count; j++) sum[j] = v_set(0.0f);
            for (int c = 0; c < channels; c++, pivot += g->stride, corner += g->stride) {
                const cell_differences of = differ(corner, pivot, row_step, column_step);
                LBP_UNROLL
                for (int j = 0; j < count; j++) {
                    const vf d = (of.above + fy[j] * of.down) + fx[j] * (of.across + fy[j] * of.twisted);
                    sum[j] = hard ? v_count_positive(sum[j], d) : sum[j] + sigmoid(d * inverse);
                }
            }
            const int lanes = lanes_left(plan->width, n);
            LBP_UNROLL
            for (int j = 0; j < count; j++) {
                float *to = out + points[j].index * pixels + (size_t)y * plan->width + n;
                v_store_first(to, v_load_first(to, lanes) + sum[j], lanes);
            }
        }
    }
}

static LBP_INLINE void set_forward(const lbp_shared_plan *plan, const geometry *g, const lbp_channel_set *set,
                                   const float *padded, int hard, float *out) {
    const lbp_point *points = plan->point_table + set->first_point;
    for (int k = 0; k < set->cells; k++) {
        const lbp_cell *cell = plan->cell_table + set->first_cell + k;
        switch (cell->points) {
            case 1: cell_forward(plan, g, cell, points, 1, set->channels, padded, hard, out); break;
            case 2: cell_forward(plan, g, cell, points, 2, set->channels, padded, hard, out); break;
            case 3: cell_forward(plan, g, cell, points, 3, set->channels, padded, hard, out); break;
            default: cell_forward(plan, g, cell, points, LBP_CELL_POINTS, set->channels, padded, hard, out);
        }
        points += cell->points;
    }
}

int LBP_NAME(lbp_shared_forward_f32_)(const lbp_shared_plan *plan, const float *x, float *out, float *scratch) {
    const geometry g = geometry_of(plan, LBP_LANES);
    const size_t pixels = (size_t)plan->height * plan->width, floats = pixels * plan->points;
    int nan = 0;
    memset(out, 0, sizeof(float) * floats);
    for (int s = 0; s < plan->sets; s++) {
        const lbp_channel_set *set = plan->set_table + s;
        if (set->cells == 0) continue;
        nan |= pad_planes(plan, &g, x + set->first_channel * pixels, set->channels, 1.0f, scratch);
        if (plan->hard)
            set_forward(plan, &g, set, scratch, 1, out);
        else
            set_forward(plan, &g, set, scratch, 0, out);
    }
    for (size_t n = 0; n < floats; n += LBP_LANES) {
        const int lanes = floats - n < LBP_LANES ? (int)(floats - n) : LBP_LANES;
        v_store_first(out + n, v_set(plan->scale) * v_load_first(out + n, lanes), lanes);
    }
    return nan;
}

/* Of one point, over an image and a set's channels: slope times difference of rows, and of columns. */
typedef struct {
    vf rows, columns;
} point_sums;

static inline void v_add_to(float *to, vf value) { v_store(to, v_load(to) + value); }

/* `targets`: for each column -r..r of the window a plane of H + 2r rows: what arrives at the taps in that column.
 *
 * Each operation is done for all of the cell's points before the next one: one point after the other, their dependent
 * operations would fill the CPU's window of pending instructions and leave it waiting. */
static LBP_INLINE void cell_backward(const lbp_shared_plan *plan, const geometry *g, const lbp_cell *cell,
                                     const lbp_point *points, int count, const float *padded, const float *weights,
                                     float *targets, float *pivot_sums, point_sums *sums) {
    const int height = plan->height, columns = g->columns, r = plan->radius;
    const ptrdiff_t stride = g->stride, target_stride = g->target_stride;
    const ptrdiff_t row_step = cell->row_step * stride, column_step = cell->column_step;
    const ptrdiff_t to_corner = cell->row * stride + cell->column;
    const float *weight[LBP_CELL_POINTS], *pivots = padded + r * stride + g->border;
    float *near = targets + (cell->column + r) * (ptrdiff_t)g->targets + (r + cell->row) * target_stride;
    float *far = near + cell->column_step * (ptrdiff_t)g->targets;
    const ptrdiff_t next_target = cell->row_step * target_stride;
    vf fy[LBP_CELL_POINTS], fx[LBP_CELL_POINTS], both[LBP_CELL_POINTS];
    vf by_row[LBP_CELL_POINTS], by_column[LBP_CELL_POINTS];
    LBP_UNROLL
    for (int j = 0; j < count; j++) {
        fy[j] = v_set(points[j].fy), fx[j] = v_set(points[j].fx), both[j] = v_set(points[j].fy * points[j].fx);
        by_row[j] = sums[j].rows, by_column[j] = sums[j].columns;
        weight[j] = weights + points[j].index * g->plane;
    }
    for (int y = 0; y < height; y++) {
        for (int n = 0; n < columns; n += LBP_LANES) {
            const cell_differences of = differ(pivots + to_corner + n, pivots + n, row_step, column_step);
            vf row[LBP_CELL_POINTS], column[LBP_CELL_POINTS], slope[LBP_CELL_POINTS], u[LBP_CELL_POINTS];
            LBP_UNROLL
            for (int j = 0; j < count; j++) column[j] = of.across + fy[j] * of.twisted;
            LBP_UNROLL
            for (int j = 0; j < count; j++) u[j] = of.above + fy[j] * of.down;
            LBP_UNROLL
            for (int j = 0; j < count; j++) u[j] = u[j] + fx[j] * column[j];
            LBP_UNROLL
            for (int j = 0; j < count; j++) slope[j] = v_load(weight[j] + n);
            times_sigmoid_slopes(slope, u, count);
            LBP_UNROLL
            for (int j = 0; j < count; j++) row[j] = of.down + fx[j] * of.twisted;
            LBP_UNROLL
            for (int j = 0; j < count; j++) by_column[j] = by_column[j] + slope[j] * column[j];
            LBP_UNROLL
            for (int j = 0; j < count; j++) by_row[j] = by_row[j] + slope[j] * row[j];
            vf all = slope[0], farther_row = slope[0] * fy[0], farther_column = slope[0] * fx[0];
            vf farthest = slope[0] * both[0];
            LBP_UNROLL
            for (int j = 1; j < count; j++) all = all + slope[j];
            LBP_UNROLL
            for (int j = 1; j < count; j++) farther_row = farther_row + slope[j] * fy[j];
            LBP_UNROLL
            for (int j = 1; j < count; j++) farther_column = farther_column + slope[j] * fx[j];
            LBP_UNROLL
            for (int j = 1; j < count; j++) farthest = farthest + slope[j] * both[j];
            farther_column = farther_column - farthest;
            v_add_to(pivot_sums + n, all);
            v_add_to(near + n, (all - farther_row) - farther_column);
            v_add_to(far + n, farther_column);
            v_add_to(near + next_target + n, farther_row - farthest);
            v_add_to(far + next_target + n, farthest);
        }
        pivots += stride, pivot_sums += columns, near += target_stride, far += target_stride;
        LBP_UNROLL
        for (int j = 0; j < count; j++) weight[j] += columns;
    }
    LBP_UNROLL
    for (int j = 0; j < count; j++) sums[j].rows = by_row[j], sums[j].columns = by_column[j];
}

static void set_backward(const lbp_shared_plan *plan, const geometry *g, const lbp_channel_set *set,
                         const float *padded, const float *weights, float *targets, float *pivot_sums,
                         point_sums *sums) {
    const lbp_point *points = plan->point_table + set->first_point;
    for (int k = 0; k < set->cells; k++) {
        const lbp_cell *cell = plan->cell_table + set->first_cell + k;
        switch (cell->points) {
            case 1: cell_backward(plan, g, cell, points, 1, padded, weights, targets, pivot_sums, sums); break;
            case 2: cell_backward(plan, g, cell, points, 2, padded, weights, targets, pivot_sums, sums); break;
            case 3: cell_backward(plan, g, cell, points, 3, padded, weights, targets, pivot_sums, sums); break;
            default:
                cell_backward(plan, g, cell, points, LBP_CELL_POINTS, padded, weights, targets, pivot_sums, sums);
        }
        points += cell->points, sums += cell->points;
    }
}

static inline void add_row(float *to, const float *from, int columns) {
    for (int n = 0; n < columns; n += LBP_LANES) v_store(to + n, v_load(to + n) + v_load(from + n));
}

/* Adds up what arrives at each pixel; what arrives at the replicated border belongs to the outermost pixels. */
static void fold_targets(const lbp_shared_plan *plan, const geometry *g, float *targets, const float *pivot_sums,
                         float factor, float *grad_x) {
    const int h = plan->height, w = plan->width, r = plan->radius, s = g->target_stride;
    const vf scale = v_set(factor);
    for (int column = 0; column <= 2 * r; column++) {
        float *plane = targets + column * g->targets;
        for (int i = 0; i < r; i++) {
            add_row(plane + (size_t)r * s, plane + (size_t)i * s, g->columns);
            add_row(plane + (size_t)(r + h - 1) * s, plane + (size_t)(r + h + i) * s, g->columns);
        }
    }
    /* To the outermost pixels first, of all rows: a vector read just after one of its floats was stored would wait. */
    for (int y = 0; y < h; y++) {
        float *first = targets + (size_t)(y + r) * s, left = 0.0f, right = 0.0f;
        for (int far = 1; far <= r; far++)
            for (int i = 0; i < far && i < w; i++) {
                left += first[(r - far) * g->targets + i];
                right += first[(r + far) * g->targets + w - 1 - i];
            }
        first[r * g->targets] += left;
        first[r * g->targets + w - 1] += right;
    }
    for (int y = 0; y < h; y++) {
        const float *first = targets + (size_t)(y + r) * s, *pivot_sum = pivot_sums + (size_t)y * g->columns;
        float *out = grad_x + (size_t)y * w;
        for (int n = 0; n < w; n += LBP_LANES) {
            vf sum = v_set(0.0f) - v_load(pivot_sum + n);
            for (int column = 0; column <= 2 * r; column++)
                sum = sum + v_load(first + column * g->targets + r - column + n);
            v_store_first(out + n, scale * sum, lanes_left(w, n));
        }
    }
}

static float dot(const float *a, const float *b, int count) {
    vf sum = v_set(0.0f);
    for (int n = 0; n < count; n += LBP_LANES) {
        const int lanes = lanes_left(count, n);
        sum = sum + v_load_first(a + n, lanes) * v_load_first(b + n, lanes);
    }
    return v_sum(sum);
}

/* In units of scale: d dy and d dx of each of the set's points. */
static void offsets_of(const lbp_shared_plan *plan, const lbp_channel_set *set, const point_sums *sums,
                       float *grad_offsets) {
    int k = set->first_point;
    for (int i = 0; i < set->cells; i++) {
        const lbp_cell *cell = plan->cell_table + set->first_cell + i;
        for (int j = 0; j < cell->points; j++, k++, sums++) {
            grad_offsets[2 * k] = plan->scale * (float)cell->row_step * v_sum(sums->rows);
            grad_offsets[2 * k + 1] = plan->scale * (float)cell->column_step * v_sum(sums->columns);
        }
    }
}

void LBP_NAME(lbp_shared_backward_f32_)(const lbp_shared_plan *plan, const float *x, const float *grad, float *grad_x,
                                        float *grad_offsets, float *grad_alpha, float *scratch) {
    const geometry g = geometry_of(plan, LBP_LANES);
    const size_t pixels = (size_t)plan->height * plan->width;
    const size_t target_floats = (2 * (size_t)plan->radius + 1) * g.targets;
    float *weights = scratch, *pivot_sums = weights + g.plane * plan->points;
    /* Rows of targets are read up to a radius before their start. */
    float *targets = pivot_sums + g.plane + g.border, *padded = targets + target_floats;
    point_sums *sums = (point_sums *)(padded + (size_t)g.rows * g.stride + g.border);
    const float inverse = 1.0f / plan->alpha;
    float alpha_sum = 0.0f;
    memset(weights, 0, sizeof(float) * g.plane * plan->points);
    for (int line = 0; line < plan->points * plan->height; line++)
        memcpy(weights + (size_t)line * g.columns, grad + (size_t)line * plan->width, sizeof(float) * (size_t)plan->width);
    for (const lbp_channel_set *set = plan->set_table; set < plan->set_table + plan->sets; set++) {
        float *of_set = grad_x + set->first_channel * pixels;
        if (set->cells == 0) {
            memset(of_set, 0, sizeof(float) * pixels * set->channels);
            continue;
        }
        memset(sums, 0, sizeof(point_sums) * (size_t)plan->points);
        for (int c = 0; c < set->channels; c++) {
            const float *plane = x + (set->first_channel + c) * pixels;
            /* In units of alpha, so that differences are the sigmoid's argument. */
            pad_planes(plan, &g, plane, 1, inverse, padded);
            memset(pivot_sums, 0, sizeof(float) * (g.plane + g.border + target_floats));
            set_backward(plan, &g, set, padded, weights, targets, pivot_sums, sums);
            fold_targets(plan, &g, targets, pivot_sums, plan->scale * inverse, of_set + c * pixels);
            alpha_sum += dot(plane, of_set + c * pixels, (int)pixels);
        }
        offsets_of(plan, set, sums, grad_offsets);
    }
    /* Differences are linear in x: the sum of slope times difference is that of x times its gradient. */
    *grad_alpha = -inverse * alpha_sum;
}
