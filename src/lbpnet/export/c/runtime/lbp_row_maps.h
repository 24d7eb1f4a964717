/* Rows of maps and bits of any kind; for the schedule `rows`. lbp_maps.h and lbp_compare.h are faster on the usual ones. */
#ifndef LBP_ROW_MAPS_H
#define LBP_ROW_MAPS_H

#include "lbp_head.h"
#include "lbp_maps.h"

/* N words: puts a row, or zeros, in front of a plane; returns the next plane. */
LBP_INLINE lbp_word *push_at(const lbp_run *r, lbp_word *newest, const lbp_word *row, uint16_t words) {
    for (uint16_t i = 0; i < ROW_WORDS(r); i++) *newest++ = row ? row[i] : (lbp_word)0;
    return newest + words;
}

static void push(lbp_run *r, const lbp_word *row, uint16_t words) { r->to = push_at(r, r->to, row, words); }

#if !LBP_ONE_WORD || !LBP_MAPS_ALIKE
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
#endif

#if !LBP_MAPS_ALIKE
#define MORE_CODES (USES_CODE(CODE_FLOOR) || USES_CODE(CODE_COUNT) || USES_CODE(CODE_LIMIT))

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
#endif

#endif
