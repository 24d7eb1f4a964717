/* The schedule `rows`: line buffers. Every plane keeps its newest rows only: the row made a rows before the newest has
 * age a, and lies a rows of words after it.
 *
 * A step is one row of the image, or one row of zeros below it. A run makes row (step + 1) / period - 1 - lag of its
 * maps, and nothing where that is no whole number or negative; below the last row planes get zeros, which is what a
 * pixel outside the image is. Lags are chosen so that the rows a record reads were made before it, in this step or an
 * earlier one; then every age is a constant, and there are no ring buffers: the rows of a plane move up, or where all
 * maps are of one size, what is called the newest row moves down.
 */
#include "lbp_compare.h"
#include "lbp_head.h"
#include "lbp_largest.h"
#include "lbp_maps.h"
#include "lbp_pool.h"
#if defined(LBP_GENERAL) || defined(LBP_HIDDEN)
#include "lbp_hidden.h"
#endif

#if defined(LBP_SMALL) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os", "no-ipa-ra")
#endif

#include "lbp_row_bytes.h"
#include "lbp_row_maps.h"

#if !LBP_SLIDES
/* Moves the rows of all planes of a run up by one; the newest, and the oldest of the plane before, are to be written. */
static void make_room(const lbp_run *r) {
    lbp_word *const first = r->to, *from = first + r->words_kept - ROW_WORDS(r);
#if LBP_ONE_WORD
    uint16_t fours = (uint16_t)((r->words_kept - 1u) >> 2);
    for (; fours > 0; fours--) {
        from -= 4;
        from[4] = from[3], from[3] = from[2], from[2] = from[1], from[1] = from[0];
    }
#endif
    for (lbp_word *to = from + ROW_WORDS(r); from != first;) {
        *--to = *--from;
        LBP_HIDE(to);
    }
}
#endif

/* N value, N tap, N words: a row of [sample > pivot], kept. */
static void compare_records(lbp_run *r) {
    const uint8_t *at = r->at;
    lbp_word *to = r->to;
#if LBP_ONE_WORD
    if (!r->below) {
        lbp_compare_rows(r->network, at, r->records, r->aged, r->mask, to);
        return;
    }
    for (uint16_t i = r->records; i > 0; i--) {
        (void)take_number(r->network, &at), (void)take_number(r->network, &at);
        to = push_at(r, to, 0, take_number(r->network, &at));
    }
#else
    lbp_word *const row = r->memory->bits;
    for (uint16_t i = r->records; i > 0; i--) {
        if (r->below)
            (void)take_number(r->network, &at), (void)take_number(r->network, &at);
        else
            compare(r, &at, row);
        to = push_at(r, to, r->below ? 0 : row, take_number(r->network, &at));
    }
#endif
}

/* 1 the bit at every pixel, N words. */
static void fill_record(lbp_run *r) {
    const uint8_t bit = read8(r);
    lbp_word *row = r->memory->bits;
    for (uint16_t k = 0; k < ROW_WORDS(r); k++) row[k] = bit ? ALL_ONES : (lbp_word)0;
    if (bit) row[ROW_WORDS(r) - 1] = r->mask;
    push(r, r->below ? 0 : row, read_number(r));
}

/* N value, 2 words to its lower row, 2 words a row of it, N words. */
static void largest_record(lbp_run *r) {
    const uint16_t *value = read_value(r);
    const lbp_word *lower = r->planes + read16(r);
    const uint16_t source_words = read16(r), words = read_number(r);
    lbp_word *out = r->memory->bits;
    if (!r->below) lbp_largest_row(r, value, lower, lower + source_words, source_words, out, ROW_WORDS(r));
    for (uint8_t i = (uint8_t)(LBP_READ16(value) & 31); i > 0; i--, out += ROW_WORDS(r)) push(r, r->below ? 0 : out, words);
}

/* Maps that are made, or only summed. */
static void map_records(lbp_run *r) {
    const uint8_t *at = r->at;
#if LBP_TILED
    const uint16_t map = lbp_shape(r->network, MAP_SUMS);
    lbp_word *sums = (lbp_word *)r->memory->sums + r->sum;
    if (r->windows == 1) sums += LBP_READ16(r->window + 2);
#endif
#if LBP_USUAL_MAPS
    if (LBP_MAPS_ALIKE || (r->flags == POOLED && r->windows == 1)) {
        if (LBP_MAPS_ALIKE && r->windows == 0) return;
        if (r->kind == RUN_POOL)
            lbp_pool_maps(r->network, at, r->records, r->aged, sums, map);
        else
            lbp_make_maps(r->network, at, r->records, r->aged, r->planes, r->mask, sums, map);
        return;
    }
#endif
#if !LBP_MAPS_ALIKE
    const uint8_t pooled = r->flags & POOLED && !r->below;
    for (uint16_t i = r->records; i > 0; i--) {
        const uint16_t head = USES_KIND(RUN_POOL) && r->kind == RUN_POOL ? gather(r, &at) : make_map(r, &at);
#if LBP_TILED
        if (pooled && r->windows == 1) {
            lbp_pool_row(r->memory->bits, (uint8_t)(head & 31), (uint8_t)(head >> 8), sums);
            sums += map;
            continue;
        }
#endif
        if (pooled) pool(r, r->memory->bits, (uint8_t)(head & 31), (uint8_t)(head >> 8));
    }
#endif
}

/* The features of one window row of the run's maps into the scores; their sums start anew. */
static void add_weights(const lbp_run *r, uint16_t sum, const uint8_t *at, int32_t *scores) {
    const uint16_t map = lbp_shape(r->network, MAP_SUMS);
#if LBP_CODED
    lbp_reader from;
    from.network = r->network, from.at = at + 2, from.bits = 0, from.left = 0;
    lbp_weights weights = &from;
#else
    lbp_weights weights = at;
#endif
    for (uint16_t k = r->records; k > 0; k--, sum = (uint16_t)(sum + map))
        weights = lbp_add_map(r->network, weights, r->memory->sums, sum, scores);
}

static void finish_windows(const lbp_run *r, int32_t *scores) {
    const uint16_t *window = r->network->shape + lbp_shape(r->network, ROWS_AT);
    const uint8_t *at = read_weights(r);
#if !LBP_CODED
    const uint32_t bytes = read_weight_bytes(r);
#endif
    for (uint16_t i = lbp_shape(r->network, WINDOW_ROWS); i > 0; i--, window += 3) {
        if (LBP_READ16(window + 1) == r->row + 1u)
            add_weights(r, (uint16_t)(r->sum + LBP_READ16(window + 2)), at, scores);
#if LBP_CODED
        at += 2u + lbp_two(at);
#else
        at += bytes;
#endif
    }
}

/* From the first to the last window row that the run's row lies in. */
static void find_windows(lbp_run *r) {
    const uint16_t *window = r->network->shape + lbp_shape(r->network, ROWS_AT), row = r->row;
    uint16_t past = 0, windows = 0;
    uint8_t ends = 0;
    if (row == r->found) return; /* an earlier run was of this row */
    r->found = row;
    for (uint16_t i = lbp_shape(r->network, WINDOW_ROWS); i > 0; i--, window += 3) {
        const uint16_t end = LBP_READ16(window + 1);
        const int inside = row < end && row >= LBP_READ16(window);
        if (past > 0 || inside) past++;
        if (!inside) continue;
        windows = past;
        if (past == 1) r->window = window;
        if (row + 1u == end) ends = 1;
    }
    r->windows = windows, r->ends = ends;
}

static void do_records(lbp_run *r) {
    uint16_t i = r->records;
    if (USES_KIND(RUN_COMPARE) && r->kind == RUN_COMPARE)
        compare_records(r);
    else if ((USES_KIND(RUN_KERNEL) || USES_KIND(RUN_POOL)) && (r->kind == RUN_KERNEL || r->kind == RUN_POOL))
        map_records(r);
    else if (USES_KIND(RUN_IMAGE) && r->kind == RUN_IMAGE)
        for (; i > 0; i--) image_record(r);
    else if (USES_KIND(RUN_LARGEST) && r->kind == RUN_LARGEST)
        for (; i > 0; i--) largest_record(r);
    else if (USES_KIND(RUN_FILL))
        for (; i > 0; i--) fill_record(r);
}

/* Whether a step ends a row of a geometry, or of pairs the upper row where `upper`. */
LBP_INLINE uint8_t is_due(uint16_t step, uint16_t log2, int upper) {
    const uint16_t last = (uint16_t)((1u << log2) - 1u);
    return (step & last) == (upper ? last >> 1 : last);
}

/* One step of a run; returns where the next run begins. */
static const uint8_t *do_run(lbp_run *r, uint16_t step, int32_t *scores) {
    const uint16_t *const head = r->head, kind = LBP_READ16(head);
    const uint16_t log2 = LBP_READ16(r->network->shape + GEOMETRIES + LBP_READ16(head + 1) + 2);
    const uint8_t from_image = (kind & 255) == RUN_IMAGE || (kind & 255) == RUN_SHRINK;
    uint8_t due = is_due(step, log2, 0);
    r->second = due;
    if (LBP_PAIRED && from_image) due |= is_due(step, log2, 1);
    if (!(due && (step >> log2) >= LBP_READ16(head + 2)) && !from_image) {
        r->head = head + (kind >> 8 & POOLED ? 9 + LBP_WEIGHTS_SIZE : 8);
        return r->at + LBP_READ16(head + 5);
    }
    const uint8_t *end = read_run(r);
    r->row = (uint16_t)((step >> log2) - r->lag), r->below = r->row >= r->height;
#if !LBP_SLIDES
    if (due && r->flags & STORED) make_room(r);
#endif
    if (USES_KIND(RUN_SHRINK) && r->kind == RUN_SHRINK) {
        for (uint16_t i = r->records; i > 0; i--) shrink_record(r, due);
        return end;
    }
    if (!due || (r->below && !(r->flags & STORED))) return end;
    const uint16_t sum = r->sum;
    if (r->flags & POOLED) find_windows(r);
    do_records(r);
    r->sum = sum;
    if (r->flags & POOLED && r->ends) finish_windows(r, scores);
    return end;
}

void lbp_rows_begin(const lbp_network *n, const lbp_memory *m, int32_t *scores) {
    for (uint16_t i = lbp_shape(n, PLANE_WORDS); i > 0; i--) m->planes[i - 1u] = 0;
    for (uint16_t i = lbp_shape(n, BLOCKS); i > 0; i--) m->blocks[i - 1u] = 0;
    for (uint16_t i = lbp_shape(n, SUMS); i > 0; i--)
#if LBP_TILED
        ((lbp_word *)m->sums)[i - 1u] = 0;
#else
        (void)lbp_take_sum(n, m->sums, (uint16_t)(i - 1u));
#endif
    for (uint16_t c = lbp_shape(n, CLASSES); c > 0; c--) scores[c - 1u] = (int32_t)LBP_READ32(n->bias + (c - 1u));
}

void lbp_rows_step(const lbp_network *n, const lbp_memory *m, uint16_t step, const uint8_t *row,
                   uint32_t channel_stride, int32_t *scores) {
    lbp_run r;
    r.network = n, r.memory = m, r.planes = m->planes, r.at = n->wiring, r.stride = channel_stride;
    r.head = n->shape + lbp_shape(n, RUNS_AT);
    r.sum = 0, r.window = 0, r.windows = 0, r.ends = 0, r.found = 0xffffu;
#if LBP_SLIDES
    const uint16_t log2 = LBP_READ16(n->shape + GEOMETRIES + 2), upper = (uint16_t)(LBP_PAIRED << log2 >> 1);
    r.planes += LBP_SLIDES - ((step + 1u + upper) >> log2);
    const uint8_t due = is_due(step, log2, 0);
#endif
    for (uint16_t i = lbp_shape(n, RUNS); i > 0; i--) {
#if LBP_SLIDES
        if (!due && (LBP_READ16(r.head) & 255) > RUN_FILL) return; /* nor are the runs that follow */
#endif
        r.pixels = row;
        r.at = do_run(&r, step, scores);
    }
}

int lbp_rows_end(const lbp_network *n, const lbp_memory *m, int32_t *scores) {
    const uint16_t steps = lbp_shape(n, STEPS);
    for (uint16_t step = lbp_shape(n, HEIGHT); step < steps; step++) lbp_rows_step(n, m, step, 0, 0, scores);
    return lbp_argmax(scores, lbp_shape(n, CLASSES));
}

int lbp_rows_predict(const lbp_network *n, const lbp_memory *m, const uint8_t *image, int32_t *scores) {
    const uint32_t stride = (uint32_t)lbp_shape(n, STRIDE_HIGH) << 16 | lbp_shape(n, STRIDE_LOW);
    const uint16_t height = lbp_shape(n, HEIGHT), width = lbp_shape(n, WIDTH);
    lbp_rows_begin(n, m, scores);
    for (uint16_t y = 0; y < height; y++, image += width) lbp_rows_step(n, m, y, image, stride, scores);
    return lbp_rows_end(n, m, scores);
}
