/* The largest of 2 x 2 blocks. */
#ifndef LBP_LARGEST_H
#define LBP_LARGEST_H

#include "lbp_bits.h"

/* Of word k of two rows of a value, and of columns 2 x and 2 x + 1, the larger; in the low half of `best`. */
static inline void lbp_largest_word(const uint16_t *value, const lbp_word *lower, const lbp_word *upper, uint16_t k,
                                    lbp_word *best) {
    lbp_word other[MAX_POINTS];
    const uint16_t head = LBP_READ16(value);
    const uint8_t count = (uint8_t)(head & 31), gated = (uint8_t)(head >> 8);
    uint8_t i = 0;
    do { /* at least one plane */
        const uint16_t plane = LBP_READ16(value + 1 + i);
        best[i] = lower[plane + k];
        other[i] = upper[plane + k];
    } while (++i < count);
    lbp_keep_larger(best, other, count, gated);
    for (i = 0; i < count; i++) other[i] = (lbp_word)(best[i] >> 1);
    lbp_keep_larger(best, other, count, gated);
    for (i = 0; i < count; i++) best[i] = lbp_even_bits(best[i]);
}

/* A row of the blocks of two rows of `source_words` words; its planes lie `stride` words apart. */
static inline void lbp_largest_row(const lbp_run *r, const uint16_t *value, const lbp_word *lower, const lbp_word *upper,
                                   uint16_t source_words, lbp_word *out, uint16_t stride) {
    const uint8_t planes = (uint8_t)(LBP_READ16(value) & 31);
    (void)r;
    for (uint16_t k = 0; k < ROW_WORDS(r); k++, out++) {
        lbp_word low[MAX_POINTS], high[MAX_POINTS];
        const uint16_t first = (uint16_t)(k + k);
        lbp_largest_word(value, lower, upper, first, low);
        for (uint8_t i = 0; i < planes; i++) high[i] = 0;
        if (first + 1 < source_words) lbp_largest_word(value, lower, upper, (uint16_t)(first + 1), high);
        lbp_word *at = out;
        for (uint8_t i = 0; i < planes; i++, at += stride) {
            *at = (lbp_word)(low[i] | (lbp_word)(high[i] << (LBP_WORD_BITS / 2)));
            if (k + 1 == ROW_WORDS(r)) *at = (lbp_word)(*at & r->mask);
            LBP_HIDE(at);
        }
    }
}

#endif
