/* The schedule `planes`: each record makes all rows of its maps at once. A plane keeps every row, and rows of zeros above
 * and below, which is what a pixel outside the image is; nothing moves, and lags and ages are zero.
 */
#ifndef LBP_SCHEDULE_planes
#define LBP_SCHEDULE_planes
#endif
#include "lbp_head.h"
#include "lbp_largest.h"
#include "lbp_pool.h"
#if defined(LBP_GENERAL) || defined(LBP_HIDDEN)
#include "lbp_hidden.h"
#endif

/* What geometries say of whole planes. */
static uint16_t plane_words(const lbp_run *r) { return LBP_READ16(r->geometry + 4); }
static uint16_t halo_words(const lbp_run *r) { return LBP_READ16(r->geometry + 5); }
static uint16_t map_words(const lbp_run *r) {
    const uint16_t halo = halo_words(r);
    uint16_t rest = (uint16_t)(plane_words(r) - halo);
    LBP_HIDE(rest);
    return (uint16_t)(rest - halo);
}

/* The first row of the next stored plane. */
static lbp_word *next_plane(lbp_run *r) {
    lbp_word *first = r->to + halo_words(r);
    r->to += plane_words(r);
    LBP_HIDE(r->to);
    return first;
}

#if LBP_ONE_WORD
/* [sample > pivot] of a plane; `planes` and `gated` are constants where the network's values are of its usual kind. */
LBP_INLINE void compare_plane(const uint16_t *value, const lbp_word *pivot, const lbp_word *sample, uint8_t by,
                              lbp_word mask, uint16_t rows, lbp_word *out, int planes, int gated, int usual) {
    const lbp_word *p[MAX_POINTS], *s[MAX_POINTS];
    for (int i = 0; i < planes; i++) p[i] = pivot + LBP_READ16(value + i), s[i] = sample + LBP_READ16(value + i);
    LBP_ROLLED
    for (uint16_t y = 0; y < rows; y++) {
        lbp_word above = 0;
        LBP_UNROLL
        for (int i = 0; i < planes; i++) {
            if (!usual) LBP_HIDE(i);
            above = lbp_greater(lbp_moved_word(s[i][y], by), p[i][y], above, gated && i + 1 == planes);
        }
        out[y] = (lbp_word)(above & mask);
    }
}
#endif

/* N value, N tap: the plane of [sample > pivot]. */
static void compare(lbp_run *r, const uint8_t **at, lbp_word *out) {
    const lbp_network *n = r->network;
    const uint16_t *value = n->values + LBP_READ16(n->values + take_number(n, at));
    const uint16_t *tap = n->taps + take_number(n, at), head = LBP_READ16(value);
    const uint8_t planes = (uint8_t)(head & 31), gated = (uint8_t)(head >> 8);
    const lbp_word *pivot = r->memory->planes;
    value++;
#if LBP_ONE_WORD
    const uint8_t by = (uint8_t)(LBP_READ16(tap) >> 8);
    const lbp_word *sample = pivot + (int8_t)(LBP_READ16(tap) & 255);
#ifdef LBP_USUAL_PLANES
    if (head == (LBP_USUAL_PLANES | LBP_USUAL_GATED << 8))
        compare_plane(value, pivot, sample, by, r->mask, r->height, out, LBP_USUAL_PLANES, LBP_USUAL_GATED,
                      1);
    else
#endif
        compare_plane(value, pivot, sample, by, r->mask, r->height, out, planes, gated, 0);
#else
    const uint16_t dx = LBP_READ16(tap + 1), words = map_words(r);
    const uint8_t down = !(dx & 0x8000u);
    const uint16_t distance = down ? dx : (uint16_t)(0u - dx), jump = (uint16_t)(distance >> LBP_WORD_LOG2);
    const uint8_t by = (uint8_t)(distance & (LBP_WORD_BITS - 1));
    const lbp_word *sample = pivot + (int16_t)LBP_READ16(tap);
    for (uint16_t row = 0; row < words; row = (uint16_t)(row + r->words))
        for (uint16_t k = 0; k < r->words; k++) {
            lbp_word above = 0;
            for (uint8_t i = 0; i < planes; i++) {
                const uint16_t plane = (uint16_t)(LBP_READ16(value + i) + row);
                const lbp_word x = lbp_moved(sample + plane, k, r->words, jump, by, down);
                above = lbp_greater(x, pivot[plane + k], above, gated && i + 1 == planes);
            }
            *out++ = k + 1 == r->words ? (lbp_word)(above & r->mask) : above;
        }
#endif
}

/* N value, N tap, N. */
static void compare_record(lbp_run *r) {
    compare(r, &r->at, next_plane(r));
    (void)read_number(r);
}

/* A row of bytes, or of block sums to be shifted down, to the rows of eight planes. */
static void bytes_row(const lbp_run *r, const uint8_t *bytes, const uint16_t *sums, uint8_t shift, lbp_word *out) {
    for (uint16_t k = 0, column = 0; k < ROW_WORDS(r); k++, out++) {
        const lbp_word inside = k + 1 == ROW_WORDS(r) ? r->mask : ALL_ONES;
        lbp_word word[8];
        for (uint8_t p = 0; p < 8; p++) word[p] = 0;
        for (lbp_word bit = 1; bit & inside; bit = (lbp_word)(bit << 1), column++) {
            const uint8_t x = (uint8_t)(bytes ? LBP_PIXEL(bytes + column) : sums[column] >> shift);
            for (uint8_t p = 0; p < 8; p++) word[p] = (lbp_word)(word[p] | (x >> p & 1 ? bit : 0));
        }
        lbp_word *at = out;
        for (uint8_t p = 0; p < 8; p++, at += plane_words(r)) {
            *at = word[p];
            LBP_HIDE(at);
        }
    }
}

static void next_channel(lbp_run *r) {
    while (read8(r)) {
        r->pixels += r->stride;
        LBP_HIDE(r->pixels);
    }
}

/* Channels to go on, N. */
static void image_record(lbp_run *r) {
    next_channel(r);
    (void)read_number(r);
    const uint8_t *row = r->pixels;
    const uint16_t width = lbp_shape(r->network, WIDTH);
    lbp_word *out = next_plane(r);
    for (uint8_t p = 1; p < 8; p++) (void)next_plane(r);
    for (uint16_t y = 0; y < r->height; y++, row += width, out += ROW_WORDS(r)) bytes_row(r, row, 0, 0, out);
}

/* Channels to go on, 1 log2 factor, 2 first block, 2 blocks, N. */
static void shrink_record(lbp_run *r) {
    next_channel(r);
    const uint8_t log2 = read8(r), factor = (uint8_t)(1u << log2);
    uint16_t *sums = r->memory->blocks + read16(r);
    const uint16_t blocks = read16(r), width = lbp_shape(r->network, WIDTH);
    (void)read_number(r);
    const uint8_t *row = r->pixels;
    lbp_word *out = next_plane(r);
    for (uint8_t p = 1; p < 8; p++) (void)next_plane(r);
    for (uint16_t y = 0; y < r->height; y++, out += ROW_WORDS(r)) {
        for (uint16_t i = 0; i < blocks; i++) sums[i] = 0;
        for (uint8_t t = 0; t < factor; t++, row += width) {
            const uint8_t *pixel = row;
            for (uint16_t i = 0; i < blocks; i++)
                for (uint8_t j = 0; j < factor; j++, pixel++) sums[i] = (uint16_t)(sums[i] + LBP_PIXEL(pixel));
        }
        bytes_row(r, 0, sums, (uint8_t)(log2 + log2), out);
    }
}

/* 1 the bit at every pixel, N. */
static void fill_record(lbp_run *r) {
    const uint8_t bit = read8(r);
    (void)read_number(r);
    lbp_word *out = next_plane(r);
    for (uint16_t y = 0; y < r->height; y++)
        for (uint16_t k = 0; k < ROW_WORDS(r); k++) {
            const lbp_word inside = k + 1 == ROW_WORDS(r) ? r->mask : ALL_ONES;
            *out++ = bit ? inside : (lbp_word)0;
        }
}

/* N value, 2, 2 words a row of it, N. */
static void largest_record(lbp_run *r) {
    const uint16_t *value = read_value(r);
    (void)read16(r);
    const uint16_t source_words = read16(r);
    (void)read_number(r);
    const lbp_word *row = r->memory->planes;
    lbp_word *out = next_plane(r);
    for (uint8_t i = (uint8_t)(LBP_READ16(value) & 31); i > 1; i--) (void)next_plane(r);
    for (uint16_t y = 0; y < r->height; y++, row += source_words + source_words, out += ROW_WORDS(r))
        lbp_largest_row(r, value, row, row + source_words, source_words, out, plane_words(r));
}

/* Adds rows start .. end - 1 of a value to sums that are zero; `at` is where row `start` begins in a plane. */
static void pool_rows(lbp_run *r, const lbp_word *const *plane, uint8_t planes, uint8_t gated, uint16_t at,
                      uint16_t rows) {
    lbp_word bits[MAX_POINTS];
#if LBP_TILED
    lbp_word sums[2] = {0, 0};
    for (; rows > 0; rows--, at++) {
        for (uint8_t i = 0; i < planes; i++) bits[i] = plane[i][at];
        lbp_pool_row(bits, planes, gated, sums);
    }
    ((lbp_word *)r->memory->sums)[0] = sums[0], ((lbp_word *)r->memory->sums)[1] = sums[1];
#else
    const lbp_network *n = r->network;
    const uint16_t columns = lbp_shape(n, WINDOW_COLUMNS);
    for (; rows > 0; rows--)
        for (uint16_t k = 0; k < ROW_WORDS(r); k++, at++) {
            const uint16_t *column = n->shape + lbp_shape(n, COLUMNS_AT);
            for (uint8_t i = 0; i < planes; i++) bits[i] = plane[i][at];
            for (uint16_t j = 0; j < columns; j++, column += 2) {
                const lbp_word inside = lbp_columns_inside(k, LBP_READ16(column), LBP_READ16(column + 1));
                lbp_add_sum(n, r->memory->sums, j, lbp_word_sum(bits, planes, gated, inside));
            }
        }
#endif
}

/* The features of a value to the scores; its weights follow the last map's. */
static void pool(lbp_run *r, const lbp_word *const *plane, uint8_t planes, uint8_t gated, int32_t *scores) {
    const lbp_network *n = r->network;
    const uint16_t *window = n->shape + lbp_shape(n, ROWS_AT), rows = lbp_shape(n, WINDOW_ROWS);
    const uint8_t *at = r->weights, *next = at;
    for (uint16_t i = 0; i < rows; i++, window += 3, at += r->weight_bytes) {
        const uint16_t start = LBP_READ16(window), end = LBP_READ16(window + 1);
        pool_rows(r, plane, planes, gated, LBP_READ16(window + 2), (uint16_t)(end - start));
        const uint8_t *after = lbp_add_map(n, at, r->memory->sums, 0, scores);
        if (i == 0) next = after;
    }
    r->weights = next;
}

/* N value. */
static void pool_record(lbp_run *r, int32_t *scores) {
    const uint16_t *value = read_value(r), head = LBP_READ16(value);
    const uint8_t planes = (uint8_t)(head & 31);
    const lbp_word *plane[MAX_POINTS];
    for (uint8_t i = 0; i < planes; i++) plane[i] = r->memory->planes + LBP_READ16(++value);
    pool(r, plane, planes, (uint8_t)(head >> 8), scores);
}

/* N value, N tap; or N 0, 2 the first word of a bit. */
static void point(lbp_run *r, lbp_word *out) {
    const uint8_t *start = r->at;
    if (read_number(r) > 0) {
        r->at = start;
        compare(r, &r->at, out);
        return;
    }
    const lbp_word *plane = r->memory->planes + read16(r);
    const uint16_t words = map_words(r);
    for (uint16_t k = 0; k < words; k++) out[k] = plane[k];
}

/* 1 code | number of points << 3, 1, from FLOOR on 1 planes and 2 floor or limit, where stored N, points. */
static void kernel_record(lbp_run *r, int32_t *scores) {
    const uint8_t head = read8(r), code = head & 7, points = head >> 3;
    (void)read8(r);
    const uint8_t planes = code < CODE_FLOOR ? points : read8(r);
    const uint16_t parameter = code < CODE_FLOOR ? (uint16_t)0 : read16(r), words = map_words(r);
    if (r->flags & STORED) (void)read_number(r);
    const lbp_word *plane[MAX_POINTS];
    lbp_word *out = r->memory->bits;
    for (uint8_t i = 0; i < points; i++, out += words) {
        LBP_HIDE(out);
        point(r, out), plane[i] = out;
    }
    out = r->memory->bits;
    for (uint16_t k = 0; k < words && code >= CODE_FLOOR; k++) {
        lbp_word bit[MAX_POINTS], *at = out + k;
        for (uint8_t i = 0; i < points; i++, at += words) {
            LBP_HIDE(at);
            bit[i] = *at;
        }
        lbp_encode(bit, code, points, parameter);
        at = out + k;
        for (uint8_t i = 0; i < planes; i++, at += words) {
            LBP_HIDE(at);
            *at = bit[i];
        }
    }
    for (uint8_t i = 0; i < planes && r->flags & STORED; i++, out += words) {
        lbp_word *to = next_plane(r);
        for (uint16_t k = 0; k < words; k++) {
            to[k] = out[k];
            LBP_HIDE(k);
        }
    }
    for (uint8_t i = points; i < planes; i++) {
        plane[i] = plane[i - 1u] + words;
        LBP_HIDE(plane[i]);
    }
    if (r->flags & POOLED) pool(r, plane, planes, code == CODE_GATED, scores);
}

static void do_record(lbp_run *r, int32_t *scores) {
    if (USES_KIND(RUN_COMPARE) && r->kind == RUN_COMPARE)
        compare_record(r);
    else if (USES_KIND(RUN_KERNEL) && r->kind == RUN_KERNEL)
        kernel_record(r, scores);
    else if (USES_KIND(RUN_POOL) && r->kind == RUN_POOL)
        pool_record(r, scores);
    else if (USES_KIND(RUN_IMAGE) && r->kind == RUN_IMAGE)
        image_record(r);
    else if (USES_KIND(RUN_SHRINK) && r->kind == RUN_SHRINK)
        shrink_record(r);
    else if (USES_KIND(RUN_LARGEST) && r->kind == RUN_LARGEST)
        largest_record(r);
    else if (USES_KIND(RUN_FILL))
        fill_record(r);
}

int lbp_planes_predict(const lbp_network *n, const lbp_memory *m, const uint8_t *image, int32_t *scores) {
    lbp_run r;
    r.network = n, r.memory = m, r.planes = m->planes, r.at = n->wiring, r.weights = 0, r.weight_bytes = 0;
    r.head = n->shape + lbp_shape(n, RUNS_AT);
    r.stride = (uint32_t)lbp_shape(n, STRIDE_HIGH) << 16 | lbp_shape(n, STRIDE_LOW);
    for (uint16_t i = lbp_shape(n, PLANE_WORDS); i > 0; i--) m->planes[i - 1u] = 0;
#if !LBP_TILED
    for (uint16_t j = lbp_shape(n, SUMS); j > 0; j--) (void)lbp_take_sum(n, m->sums, (uint16_t)(j - 1u));
#endif
    for (uint16_t c = lbp_shape(n, CLASSES); c > 0; c--) scores[c - 1u] = (int32_t)LBP_READ32(n->bias + (c - 1u));
    for (uint16_t i = lbp_shape(n, RUNS); i > 0; i--) {
        (void)read_run(&r);
        if (r.flags & POOLED) r.weights = read_weights(&r), r.weight_bytes = read_weight_bytes(&r);
        r.pixels = image;
        for (uint16_t k = r.records; k > 0; k--) do_record(&r, scores);
    }
    return lbp_argmax(scores, lbp_shape(n, CLASSES));
}
