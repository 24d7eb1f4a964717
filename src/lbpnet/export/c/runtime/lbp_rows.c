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

#define MORE_CODES (USES_CODE(CODE_FLOOR) || USES_CODE(CODE_COUNT) || USES_CODE(CODE_LIMIT))

/* N words: puts a row, or zeros, in front of a plane; returns the next plane. */
LBP_INLINE lbp_word *push_at(const lbp_run *r, lbp_word *newest, const lbp_word *row, uint16_t words) {
    for (uint16_t i = 0; i < ROW_WORDS(r); i++) *newest++ = row ? row[i] : (lbp_word)0;
    return newest + words;
}

static void push(lbp_run *r, const lbp_word *row, uint16_t words) { r->to = push_at(r, r->to, row, words); }

/* N value, N tap: the row of [sample > pivot]. */
LBP_INLINE void compare(const lbp_run *r, const uint8_t **at, lbp_word *out) {
#if LBP_ONE_WORD
    *out = lbp_compare_row(r->network, r->aged, r->mask, at);
#else
    const lbp_network *n = r->network;
    const uint16_t *value = n->values + LBP_READ16(n->values + take_number(n, at));
    const uint16_t *tap = n->taps + take_number(n, at), head = LBP_READ16(value), dx = LBP_READ16(tap + 1);
    const uint8_t planes = (uint8_t)(head & 31), gated = (uint8_t)(head >> 8), down = !(dx & 0x8000u);
    const uint16_t distance = down ? dx : (uint16_t)(0u - dx), jump = (uint16_t)(distance >> LBP_WORD_LOG2);
    const uint8_t by = (uint8_t)(distance & (LBP_WORD_BITS - 1));
    const lbp_word *pivot = r->aged, *sample = pivot + (int16_t)LBP_READ16(tap);
    value++;
    for (uint16_t k = 0; k < r->words; k++) {
        lbp_word above = 0;
        for (uint8_t i = 0; i < planes; i++) {
            const uint16_t plane = LBP_READ16(value + i);
            const lbp_word x = lbp_moved(sample + plane, k, r->words, jump, by, down);
            above = lbp_greater(x, pivot[plane + k], above, gated && i + 1 == planes);
        }
        out[k] = k + 1 == r->words ? (lbp_word)(above & r->mask) : above;
    }
#endif
}

/* N value, N tap, N words: a row of [sample > pivot], kept. */
static void compare_records(lbp_run *r) {
    const uint8_t *at = r->at;
    lbp_word *to = r->to, *const row = r->memory->bits;
#if LBP_ONE_WORD
    if (!r->below) {
        lbp_compare_rows(r->network, at, r->records, r->aged, r->mask, to);
        return;
    }
#endif
    for (uint16_t i = r->records; i > 0; i--) {
        if (r->below)
            (void)take_number(r->network, &at), (void)take_number(r->network, &at);
        else
            compare(r, &at, row);
        to = push_at(r, to, r->below ? 0 : row, take_number(r->network, &at));
    }
}

/* A row of bytes, or of block sums to be shifted down, to eight planes; N words. */
static void push_bytes(lbp_run *r, const uint8_t *bytes, const uint16_t *sums, uint8_t shift, uint16_t left) {
    const uint16_t next = (uint16_t)(read_number(r) + ROW_WORDS(r));
    lbp_word *first = r->to, *to = first;
    for (uint16_t k = 0; k < ROW_WORDS(r); k++, first++) {
        lbp_word word[8];
        for (uint8_t p = 0; p < 8; p++) word[p] = 0;
        for (uint8_t at = 0; at < LBP_WORD_BITS && left > 0 && !r->below; at = (uint8_t)(at + 8)) {
            uint8_t pixel[8];
            for (uint8_t j = 0; j < 8; j++) {
                pixel[j] = 0;
                if (left > 0) pixel[j] = (uint8_t)(bytes ? LBP_PIXEL(bytes) : *sums >> shift), left--;
                if (bytes) bytes++;
                else sums++;
            }
            lbp_transpose(pixel);
            for (uint8_t p = 0; p < 8; p++) word[p] = (lbp_word)(word[p] | (lbp_word)((lbp_word)pixel[p] << at));
        }
        to = first;
        for (uint8_t p = 0; p < 8; p++, to += next) {
#if LBP_PAIRED
            if (r->second) word[p] = word[p] << 16 | *to;
#endif
            *to = word[p];
            LBP_HIDE(to);
        }
    }
    r->to = to - (ROW_WORDS(r) - 1);
}

/* A byte other than 0 for each channel to go on, then 0. */
static void next_channel(lbp_run *r) {
    while (read8(r))
        if (r->pixels) r->pixels += r->stride;
}

/* Channels to go on, N words. */
static void image_record(lbp_run *r) {
    next_channel(r);
    push_bytes(r, r->pixels, 0, 0, lbp_shape(r->network, WIDTH));
}

/* Channels to go on, 1 log2 factor, 2 first block, 2 blocks, N words; `due`: the blocks are complete. */
static void shrink_record(lbp_run *r, uint8_t due) {
    next_channel(r);
    const uint8_t log2 = read8(r);
    uint16_t *sums = r->memory->blocks + read16(r);
    const uint16_t blocks = read16(r);
    if (r->pixels) {
        const uint8_t *pixel = r->pixels;
        for (uint16_t i = 0; i < blocks; i++)
            for (uint8_t j = 0; j < (uint8_t)(1u << log2); j++, pixel++)
                sums[i] = (uint16_t)(sums[i] + LBP_PIXEL(pixel));
    }
    if (!due) {
        (void)read_number(r);
        return;
    }
    push_bytes(r, 0, sums, (uint8_t)(log2 + log2), blocks);
    for (uint16_t i = 0; i < blocks; i++) sums[i] = 0;
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

/* Adds a row of a value, its planes in `bits`, to the sums of window row `window`. */
LBP_INLINE void pool_window(const lbp_run *r, const lbp_word *bits, uint8_t planes, uint8_t gated, uint16_t sum) {
#if LBP_TILED
    lbp_pool_row(bits, planes, gated, (lbp_word *)r->memory->sums + sum);
#else
    const lbp_network *n = r->network;
    const uint16_t columns = lbp_shape(n, WINDOW_COLUMNS);
    for (uint16_t k = 0; k < ROW_WORDS(r); k++) {
        const uint16_t *column = n->shape + lbp_shape(n, COLUMNS_AT);
        lbp_word bit[MAX_POINTS];
        const lbp_word *at = bits + k;
        for (uint8_t p = 0; p < planes; p++, at += ROW_WORDS(r)) {
            bit[p] = *at;
            LBP_HIDE(at);
        }
        for (uint16_t j = 0; j < columns; j++, column += 2) {
            const lbp_word inside = lbp_columns_inside(k, LBP_READ16(column), LBP_READ16(column + 1));
            lbp_add_sum(n, r->memory->sums, (uint16_t)(sum + j), lbp_word_sum(bit, planes, gated, inside));
        }
    }
#endif
}

/* The same for all window rows that it lies in. */
static void pool(lbp_run *r, const lbp_word *bits, uint8_t planes, uint8_t gated) {
    const uint16_t *window = r->window;
    for (uint16_t i = r->windows; i > 0; i--, window += 3)
        if (r->windows == 1 || (r->row >= LBP_READ16(window) && r->row < LBP_READ16(window + 1)))
            pool_window(r, bits, planes, gated, (uint16_t)(r->sum + LBP_READ16(window + 2)));
    r->sum = (uint16_t)(r->sum + lbp_shape(r->network, MAP_SUMS));
}

/* N value: its planes to `bits`; returns their number | gated << 8. */
LBP_INLINE uint16_t gather(const lbp_run *r, const uint8_t **at) {
    const uint16_t *values = r->network->values, *value = values + LBP_READ16(values + take_number(r->network, at));
    const uint16_t head = LBP_READ16(value);
    lbp_word *out = r->memory->bits;
    value++;
#if LBP_ONE_WORD && defined(LBP_POOLS_USUAL)
    LBP_UNROLL
    for (uint8_t i = 0; i < LBP_USUAL_PLANES; i++) out[i] = r->aged[LBP_READ16(value + i)];
#else
    for (uint8_t i = (uint8_t)(head & 31); i > 0; i--) {
        const lbp_word *row = r->aged + LBP_READ16(value++);
        for (uint16_t k = 0; k < ROW_WORDS(r); k++) {
            *out++ = row[k];
            LBP_HIDE(k);
        }
    }
#endif
    return head;
}

/* N value, N tap; or N 0, 2 the words to a bit's row. */
LBP_INLINE void point(const lbp_run *r, const uint8_t **at, lbp_word *out) {
    const uint8_t *start = *at;
    if (take_number(r->network, at) > 0) {
        *at = start;
        compare(r, at, out);
        return;
    }
    const uint8_t low = LBP_READ8(*at), high = LBP_READ8(*at + 1);
    const lbp_word *row = r->planes + (uint16_t)(low | (uint16_t)(high << 8));
    *at += 2;
    for (uint16_t k = 0; k < ROW_WORDS(r); k++) out[k] = row[k];
}

/* The bits of a map in `bits` to its planes. */
static void encode(lbp_run *r, uint8_t code, uint8_t points, uint8_t planes, uint16_t parameter) {
    for (uint16_t k = 0; k < ROW_WORDS(r); k++) {
        lbp_word bit[MAX_POINTS], *at = r->memory->bits + k;
        for (uint8_t i = 0; i < points; i++, at += ROW_WORDS(r)) bit[i] = *at;
        lbp_encode(bit, code, points, parameter);
        at = r->memory->bits + k;
        for (uint8_t i = 0; i < planes; i++, at += ROW_WORDS(r)) *at = bit[i];
    }
}

/* 1 code | number of points << 3, 1 bytes of the points but the first, from FLOOR on 1 planes and 2 floor or limit,
 * where stored N words, points, the top one of a gated map first; returns as `gather`. */
LBP_INLINE uint16_t make_map(lbp_run *r, const uint8_t **at) {
    const uint8_t head = LBP_READ8(*at), code = head & 7, points = head >> 3;
#if LBP_ONE_WORD
    const uint8_t rest = LBP_READ8(*at + 1);
#endif
    uint8_t planes = points;
    uint16_t parameter = 0, words = 0;
    *at += 2;
    if (MORE_CODES && code >= CODE_FLOOR) planes = LBP_READ8(*at), parameter = lbp_two(*at + 1), *at += 3;
    if (r->flags & STORED) words = take_number(r->network, at);
    lbp_word *out = r->memory->bits;
    uint8_t left = points;
    if (USES_CODE(CODE_GATED) && code == CODE_GATED) {
        left--;
        lbp_word *top = out;
        for (uint8_t i = left; i > 0; i--) top += ROW_WORDS(r);
        point(r, at, top);
#if LBP_ONE_WORD
        if (*top == 0 && !(r->flags & STORED)) { /* then the map is zero */
            *at += rest;
            return (uint16_t)(planes | 1 << 8);
        }
#endif
    }
    for (; left > 0; left--, out += ROW_WORDS(r)) point(r, at, out);
    if (MORE_CODES && code >= CODE_FLOOR) encode(r, code, points, planes, parameter);
    out = r->memory->bits;
    if (r->flags & STORED)
        for (uint8_t i = planes; i > 0; i--, out += ROW_WORDS(r)) push(r, r->below ? 0 : out, words);
    return (uint16_t)(planes | (code == CODE_GATED) << 8);
}

/* Maps that are made, or only summed. */
static void map_records(lbp_run *r) {
    const uint8_t *at = r->at;
    const uint8_t pooled = r->flags & POOLED && !r->below;
#if LBP_TILED
    const uint16_t map = lbp_shape(r->network, MAP_SUMS);
    lbp_word *sums = (lbp_word *)r->memory->sums + r->sum;
    if (r->windows == 1) sums += LBP_READ16(r->window + 2);
#if LBP_USUAL_MAPS
    if (pooled && r->windows == 1 && !(r->flags & STORED)) {
        if (r->kind == RUN_POOL)
            lbp_pool_maps(r->network, at, r->records, r->aged, sums, map);
        else
            lbp_make_maps(r->network, at, r->records, r->aged, r->planes, r->mask, sums, map);
        return;
    }
#endif
#endif
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
}

/* The features of one window row of the run's maps into the scores; their sums start anew. */
static void add_weights(const lbp_run *r, uint16_t sum, const uint8_t *at, int32_t *scores) {
    const uint16_t map = lbp_shape(r->network, MAP_SUMS);
    for (uint16_t k = r->records; k > 0; k--, sum = (uint16_t)(sum + map))
        at = lbp_add_map(r->network, at, r->memory->sums, sum, scores);
}

static void finish_windows(const lbp_run *r, int32_t *scores) {
    const uint16_t *window = r->network->shape + lbp_shape(r->network, ROWS_AT);
    uint32_t bytes;
    const uint8_t *at = read_weights(r, &bytes);
    for (uint16_t i = lbp_shape(r->network, WINDOW_ROWS); i > 0; i--, window += 3, at += bytes)
        if (LBP_READ16(window + 1) == r->row + 1u)
            add_weights(r, (uint16_t)(r->sum + LBP_READ16(window + 2)), at, scores);
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
        r->head = head + (kind >> 8 & POOLED ? 13 : 8);
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
