/* Body of the shared-pattern kernels; an instruction set's file defines LBP_LANES and LBP_ISA and includes it.
 *
 * A plane is copied once into a padded plane whose rows are whole vectors, pixel 0 at a vector's start, so that
 * every tap is the same row at another start and no loop has a border case. A column of vectors is walked down its
 * rows: what a row interpolates to serves the pixel above and the one below. The columns past a row's end hold the
 * border's value and take no gradient. The vectoriser is off: "portable" stays what it says.
 */
#include <string.h>

#include "isa_name.h"
#include "shared_lbp.h"
#include "sigmoid_f32.h"
#include "vector_f32.h"

typedef struct {
    int columns, border;      /* floats: pixels of a row in whole vectors; padding to its left and to its right */
    int stride, rows;         /* of a padded plane, which has spare rows above and below */
    int target_stride;        /* rows of gradients arriving at taps: `columns`, then zeros as wide as the radius */
    size_t plane, targets;    /* floats of an unpadded plane whose rows are whole vectors; of one column's targets */
} geometry;

/* Rows that the backward pass reads beyond those it needs. */
enum { SPARE = 2 };

static geometry geometry_of(const lbp_shared_plan *plan, int lanes) {
    geometry g;
    g.columns = whole_vectors(plan->width, lanes);
    g.border = whole_vectors(plan->radius, lanes);
    g.stride = g.border + g.columns + g.border;
    g.rows = plan->height + 2 * plan->radius;
    g.target_stride = g.columns + g.border;
    g.plane = (size_t)g.columns * plan->height;
    g.targets = (size_t)g.target_stride * g.rows;
    return g;
}

/* Everything is multiplied by `factor`. Returns whether a NaN was met. `padded` is row 0, below the spare rows. */
static int pad_plane(const lbp_shared_plan *plan, const geometry *g, const float *x, float factor, float *padded) {
    const int w = plan->width, r = plan->radius, s = g->stride;
    const vf scale = v_set(factor);
    vf checked = v_set(0.0f);
    for (int y = 0; y < plan->height; y++) {
        float *pixel = padded + (size_t)(y + r) * s + g->border;
        const float *from = x + (size_t)y * w;
        for (int n = 0; n < w; n += LBP_LANES) {
            const vf value = v_load_first(from + n, lanes_left(w, n)) * scale;
            checked = v_or(checked, v_nan_mask(value));
            v_store(pixel + n, value);
        }
        const vf left = v_set(pixel[0]), right = v_set(pixel[w - 1]);
        for (int n = 0; n < g->border; n += LBP_LANES) {
            v_store(pixel + w + n, right);
            v_store(pixel - g->border + n, left);
        }
    }
    for (int i = 0; i < r; i++) {
        memcpy(padded + (size_t)i * s, padded + (size_t)r * s, sizeof(float) * (size_t)s);
        memcpy(padded + (size_t)(plan->height + r + i) * s, padded + (size_t)(plan->height + r - 1) * s,
               sizeof(float) * (size_t)s);
    }
    return v_any(checked);
}

/* One point on a plane: where its rows begin, how they follow each other, its weights. A point at the window's
 * lower border walks upwards, so that its nearer tap is always the first. */
typedef struct {
    const float *near, *far; /* rows of the taps in the nearer and the farther column, those of the first pixel row */
    ptrdiff_t next_row;      /* of a padded plane */
    ptrdiff_t first, next;   /* of an unpadded plane: start of the first row and step to the next */
    vf fy, fx;
} walk;

static inline walk walk_of(const lbp_shared_plan *plan, const geometry *g, const lbp_point *point,
                           const float *padded) {
    const int down = point->row_step > 0, start = down ? 0 : plan->height - 1;
    walk way;
    way.near = padded + (ptrdiff_t)(start + plan->radius + point->row) * g->stride + g->border + point->column;
    way.far = way.near + point->column_step;
    way.next_row = down ? g->stride : -g->stride;
    way.first = (ptrdiff_t)start * g->columns;
    way.next = down ? g->columns : -g->columns;
    way.fy = v_set(point->fy);
    way.fx = v_set(point->fx);
    return way;
}

/* near + f * (far - near): exactly `near` where both are equal and where f is 0. */
static inline vf interpolate(vf near, vf far, vf f) { return near + f * (far - near); }

static LBP_INLINE void point_forward(const lbp_shared_plan *plan, const geometry *g, const lbp_point *point,
                                 const float *padded, vf inverse, int hard, float *sums) {
    const walk way = walk_of(plan, g, point, padded);
    const float *pivots = padded + (ptrdiff_t)plan->radius * g->stride + g->border;
    const ptrdiff_t next_row = way.next_row, next_pixel = way.next;
    const vf fx = way.fx, fy = way.fy;
    const int height = plan->height, columns = g->columns;
    pivots += way.first / columns * g->stride;
    for (int n = 0; n < columns; n += LBP_LANES) {
        const float *near = way.near + n, *far = way.far + n, *pivot = pivots + n;
        float *sum = sums + way.first + n;
        vf row = interpolate(v_load(near), v_load(far), fx);
        for (int y = 0; y < height; y++) {
            near += next_row;
            far += next_row;
            const vf next = interpolate(v_load(near), v_load(far), fx);
            const vf sample = interpolate(row, next, fy);
            const vf bit = hard ? v_if_greater(sample, v_load(pivot), v_set(1.0f))
                                : sigmoid((sample - v_load(pivot)) * inverse);
            v_store(sum, v_load(sum) + bit);
            row = next;
            pivot += next_row;
            sum += next_pixel;
        }
    }
}

int LBP_NAME(lbp_shared_forward_f32_)(const lbp_shared_plan *plan, const float *x, float *out, float *scratch) {
    const geometry g = geometry_of(plan, LBP_LANES);
    const size_t pixels = (size_t)plan->height * plan->width;
    float *sums = scratch, *padded = sums + g.plane * plan->points;
    const vf inverse = v_set(1.0f / plan->alpha);
    int nan = 0;
    memset(sums, 0, sizeof(float) * g.plane * plan->points);
    for (int c = 0; c < plan->channels; c++) {
        if (plan->first_point[c] == plan->first_point[c + 1]) continue;
        nan |= pad_plane(plan, &g, x + c * pixels, 1.0f, padded);
        for (int k = plan->first_point[c]; k < plan->first_point[c + 1]; k++) {
            const lbp_point *point = plan->point_table + k;
            float *sum = sums + point->index * g.plane;
            if (plan->hard)
                point_forward(plan, &g, point, padded, inverse, 1, sum);
            else
                point_forward(plan, &g, point, padded, inverse, 0, sum);
        }
    }
    const vf scale = v_set(plan->scale);
    for (int row = 0; row < plan->points * plan->height; row++)
        for (int n = 0; n < plan->width; n += LBP_LANES) {
            const vf mean = scale * v_load(sums + (size_t)row * g.columns + n);
            v_store_first(out + (size_t)row * plan->width + n, mean, lanes_left(plan->width, n));
        }
    return nan;
}

/* Sums over an image: slope times difference of rows, and of columns. */
typedef struct {
    vf rows, columns;
} point_sums;

/* Where the reading of a column of vectors stands: taps of the next row, and what the last row gave. */
typedef struct {
    const float *near, *far, *pivot;
    vf across, row;
} reader;

/* A pixel row's far minus near tap, lower minus upper sample, sample minus pivot. */
typedef struct {
    vf across, down, u;
} difference;

static LBP_INLINE reader first_row(const float *near, const float *far, const float *pivot, ptrdiff_t step, vf fx) {
    const vf across = v_load(far) - v_load(near);
    const reader at = {near + step, far + step, pivot, across, v_load(near) + fx * across};
    return at;
}

static LBP_INLINE difference next_difference(reader *at, ptrdiff_t step, vf fx, vf fy) {
    const vf across = v_load(at->far) - v_load(at->near), row = v_load(at->near) + fx * across;
    const vf down = row - at->row, u = (at->row - v_load(at->pivot)) + fy * down;
    const difference d = {at->across, down, u};
    const reader next = {at->near + step, at->far + step, at->pivot + step, across, row};
    *at = next;
    return d;
}

/* `targets`: for each column -r..r of the window a plane of H + 2r rows: what arrives at the taps in that column.
 *
 * Three rows are under way at once: one's difference, another's sigmoid, and what arrives where from a third. One
 * after the other their dependent operations would fill the CPU's window of pending instructions and leave it
 * waiting. The rows read ahead at the end are spare ones, and not used. */
static LBP_INLINE point_sums point_backward(const lbp_shared_plan *plan, const geometry *g, const lbp_point *point,
                                            const float *padded, const float *weights, float *targets,
                                            float *pivot_sums) {
    const walk way = walk_of(plan, g, point, padded);
    const ptrdiff_t next_row = way.next_row, next_pixel = way.next, row_of_first = way.first / g->columns;
    const ptrdiff_t next_target = next_pixel / g->columns * g->target_stride;
    const float *pivots = padded + (row_of_first + plan->radius) * g->stride + g->border;
    float *near_targets = targets + (point->column + plan->radius) * (ptrdiff_t)g->targets +
                          (row_of_first + plan->radius + point->row) * g->target_stride;
    float *far_targets = near_targets + point->column_step * (ptrdiff_t)g->targets;
    const vf zero = v_set(0.0f), fx = way.fx, fy = way.fy;
    const int height = plan->height, columns = g->columns;
    point_sums sums = {zero, zero};
    for (int n = 0; n < columns; n += LBP_LANES) {
        const float *weight = weights + way.first + n;
        float *pivot_sum = pivot_sums + way.first + n, *to_near = near_targets + n, *to_far = far_targets + n;
        reader at = first_row(way.near + n, way.far + n, pivots + n, next_row, fx);
        difference second = next_difference(&at, next_row, fx, fy);
        vf divisor = slope_divisor(second.u), above = zero;
        difference first = next_difference(&at, next_row, fx, fy);
        for (int y = 0; y < height; y++) {
            const vf slope = v_load(weight) / divisor;
            divisor = slope_divisor(first.u);
            const vf arriving = interpolate(slope, above, fy), farther = fx * arriving;
            sums.rows = sums.rows + slope * second.down;
            sums.columns = sums.columns + arriving * second.across;
            second = first;
            first = next_difference(&at, next_row, fx, fy);
            v_store(pivot_sum, v_load(pivot_sum) + slope);
            v_store(to_near, v_load(to_near) + (arriving - farther));
            v_store(to_far, v_load(to_far) + farther);
            above = slope;
            weight += next_pixel;
            pivot_sum += next_pixel;
            to_near += next_target;
            to_far += next_target;
        }
        const vf arriving = fy * above, farther = fx * arriving;
        sums.columns = sums.columns + arriving * second.across;
        v_store(to_near, v_load(to_near) + (arriving - farther));
        v_store(to_far, v_load(to_far) + farther);
    }
    return sums;
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
    for (int y = 0; y < h; y++) {
        const float *first = targets + (size_t)(y + r) * s, *pivot_sum = pivot_sums + (size_t)y * g->columns;
        float *out = grad_x + (size_t)y * w, left = 0.0f, right = 0.0f;
        for (int n = 0; n < w; n += LBP_LANES) {
            vf sum = v_set(0.0f) - v_load(pivot_sum + n);
            for (int column = 0; column <= 2 * r; column++)
                sum = sum + v_load(first + column * g->targets + r - column + n);
            v_store_first(out + n, scale * sum, lanes_left(w, n));
        }
        for (int far = 1; far <= r; far++)
            for (int i = 0; i < far && i < w; i++) {
                left += first[(r - far) * g->targets + i];
                right += first[(r + far) * g->targets + w - 1 - i];
            }
        out[0] += factor * left;
        out[w - 1] += factor * right;
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

void LBP_NAME(lbp_shared_backward_f32_)(const lbp_shared_plan *plan, const float *x, const float *grad, float *grad_x,
                                        float *grad_offsets, float *grad_alpha, float *scratch) {
    const geometry g = geometry_of(plan, LBP_LANES);
    const size_t pixels = (size_t)plan->height * plan->width;
    const size_t target_floats = (2 * (size_t)plan->radius + 1) * g.targets;
    float *weights = scratch, *pivot_sums = weights + g.plane * plan->points;
    /* Rows of targets are read up to a radius before their start. */
    float *targets = pivot_sums + g.plane + g.border, *padded = targets + target_floats + (size_t)SPARE * g.stride;
    const float inverse = 1.0f / plan->alpha;
    float alpha_sum = 0.0f;
    memset(weights, 0, sizeof(float) * g.plane * plan->points);
    for (int line = 0; line < plan->points * plan->height; line++)
        memcpy(weights + (size_t)line * g.columns, grad + (size_t)line * plan->width, sizeof(float) * (size_t)plan->width);
    for (int c = 0; c < plan->channels; c++) {
        if (plan->first_point[c] == plan->first_point[c + 1]) {
            memset(grad_x + c * pixels, 0, sizeof(float) * pixels);
            continue;
        }
        /* In units of alpha, so that differences are the sigmoid's argument. */
        pad_plane(plan, &g, x + c * pixels, inverse, padded);
        memset(pivot_sums, 0, sizeof(float) * (g.plane + g.border + target_floats));
        for (int k = plan->first_point[c]; k < plan->first_point[c + 1]; k++) {
            const lbp_point *point = plan->point_table + k;
            const float *weight = weights + point->index * g.plane;
            const point_sums sums = point_backward(plan, &g, point, padded, weight, targets, pivot_sums);
            grad_offsets[2 * k] = plan->scale * (float)point->row_step * v_sum(sums.rows);
            grad_offsets[2 * k + 1] = plan->scale * (float)point->column_step * v_sum(sums.columns);
        }
        fold_targets(plan, &g, targets, pivot_sums, plan->scale * inverse, grad_x + c * pixels);
        alpha_sum += dot(x + c * pixels, grad_x + c * pixels, (int)pixels);
    }
    /* Differences are linear in x: the sum of slope times difference is that of x times its gradient. */
    *grad_alpha = -inverse * alpha_sum;
}
