/* Comparisons of rows, where a row or a pair of rows is one word. */
#ifndef LBP_COMPARE_H
#define LBP_COMPARE_H

#include "lbp_bits.h"

#if LBP_ONE_WORD
#if LBP_PAIRED
#define LBP_BETWEEN(by) ((by) & 128)
#define lbp_moved_sample(at, by, between) lbp_moved_pair(at, by, between)
#else
#define LBP_BETWEEN(by) 0
#define lbp_moved_sample(at, by, between) ((void)(between), lbp_moved_word(*(at), by))
#endif

#ifdef LBP_USUAL_PLANES
/* [sample > pivot] of a value of the network's usual kind; `between` is a constant. */
LBP_INLINE lbp_word lbp_compare_usual(const uint16_t *plane, const lbp_word *pivot, const lbp_word *sample, uint8_t by,
                                      int between) {
    lbp_word above = 0, top = 0;
    if (LBP_USUAL_GATED) { /* zero, as in background? */
        top = lbp_moved_sample(sample + LBP_READ16(plane + LBP_USUAL_PLANES - 1), by, between);
        if (top == 0) return 0;
    }
    LBP_UNROLL
    for (int i = 0; i < LBP_USUAL_PLANES - LBP_USUAL_GATED; i++) {
        const uint16_t p = LBP_READ16(plane + i);
        above = lbp_greater(lbp_moved_sample(sample + p, by, between), pivot[p], above, 0);
    }
    if (LBP_USUAL_GATED) above = lbp_greater(top, pivot[LBP_READ16(plane + LBP_USUAL_PLANES - 1)], above, 1);
    return above;
}
#endif

/* N value, N tap: a row of [sample > pivot]. */
LBP_INLINE lbp_word lbp_compare_row(const lbp_network *n, const lbp_word *aged, lbp_word mask, const uint8_t **at) {
    const uint16_t *value = n->values + LBP_READ16(n->values + take_number(n, at));
    const uint16_t tap = LBP_READ16(n->taps + take_number(n, at)), head = LBP_READ16(value);
    const lbp_word *pivot = aged, *sample = pivot + (int8_t)(tap & 255u);
    const uint8_t by = (uint8_t)(tap >> 8);
    lbp_word above = 0;
    value++;
#ifdef LBP_USUAL_PLANES
    if (head == (LBP_USUAL_PLANES | LBP_USUAL_GATED << 8)) { /* the same with constants */
        above = LBP_BETWEEN(by) ? lbp_compare_usual(value, pivot, sample, by, 1) : lbp_compare_usual(value, pivot, sample, by, 0);
        return (lbp_word)(above & mask);
    }
#endif
    const uint8_t planes = (uint8_t)(head & 31), gated = (uint8_t)(head >> 8);
    for (uint8_t i = 0; i < planes; i++) {
        const uint16_t plane = LBP_READ16(value + i);
        LBP_HIDE(i);
        above = lbp_greater(lbp_moved_sample(sample + plane, by, LBP_BETWEEN(by)), pivot[plane], above, gated && i + 1 == planes);
    }
    return (lbp_word)(above & mask);
}
/* N value, N tap, N words: rows of [sample > pivot], kept. */
LBP_APART void lbp_compare_rows(const lbp_network *n, const uint8_t *at, uint16_t records, const lbp_word *aged,
                                lbp_word mask, lbp_word *to) {
    for (; records > 0; records--) {
        *to++ = lbp_compare_row(n, aged, mask, &at);
        to += take_number(n, &at);
    }
}
#endif

#endif
