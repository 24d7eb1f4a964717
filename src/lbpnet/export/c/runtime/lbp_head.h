/* Pooling windows and the weights of the classes.
 *
 * Weights of one map in one window row: for each group of columns, for each class. Of 2 bits (0, 1, 3: 0, 1, -1): four
 * columns a byte, lowest bits first; of 4 bits, two's complement but -8: two; of 8, 16 or 32 bits: one column. A byte's
 * halves index tables of what they stand for, 16 terms each, made once for all classes.
 */
#ifndef LBP_HEAD_H
#define LBP_HEAD_H

#include "lbp_bits.h"

#if defined(LBP_TERM_BITS) && LBP_TERM_BITS == 16
typedef int16_t lbp_term;
#else
typedef int32_t lbp_term;
#endif

/* Terms of two weights of 2 bits, or of one of 4. */
static inline void lbp_fill_terms(lbp_term *t, uint8_t bits, lbp_term a, lbp_term b) {
    t[0] = 0;
    if (bits == 2) {
        t[1] = a, t[3] = (lbp_term)-a, t[4] = b, t[12] = (lbp_term)-b;
        t[5] = (lbp_term)(a + b), t[7] = (lbp_term)(b - a), t[13] = (lbp_term)-t[7], t[15] = (lbp_term)-t[5];
    } else {
        for (uint8_t i = 1; i < 8; i++) t[i] = (lbp_term)(t[i - 1] + a), t[16 - i] = (lbp_term)-t[i];
    }
}

/* score + weight * feature, by additions. */
static inline uint32_t lbp_weigh(uint32_t score, uint32_t weight, uint32_t feature) {
    const uint8_t negative = (uint8_t)(weight >> 31);
    for (uint32_t size = negative ? 0u - weight : weight; size; size >>= 1, feature += feature)
        if (size & 1u) score = negative ? score - feature : score + feature;
    return score;
}

/* Adds a group of features, 8 / bits of them or one, to all scores; returns where the next group's weights begin. */
static inline const uint8_t *lbp_add_group(const uint8_t *at, uint8_t bits, uint16_t classes, const uint32_t *feature,
                                           int32_t *scores) {
    if (bits <= 4) {
        lbp_term low[16], high[16];
        const lbp_term a = (lbp_term)feature[0], b = (lbp_term)feature[1];
        if (bits == 2) {
            const lbp_term c = (lbp_term)feature[2], d = (lbp_term)feature[3];
            if (a == 0 && b == 0 && c == 0 && d == 0) return at + classes;
            lbp_fill_terms(low, 2, a, b);
            lbp_fill_terms(high, 2, c, d);
        } else {
            if (a == 0 && b == 0) return at + classes;
            lbp_fill_terms(low, 4, a, 0);
            lbp_fill_terms(high, 4, b, 0);
        }
        for (uint16_t c = 0; c < classes; c++, at++) {
            const uint8_t pair = LBP_READ8(at);
            scores[c] += low[pair & 15];
            scores[c] += high[pair >> 4];
        }
        return at;
    }
    for (uint16_t c = 0; c < classes; c++) {
        uint32_t weight = 0;
        for (uint8_t shift = 0; shift < bits; shift = (uint8_t)(shift + 8), at++)
            weight |= (uint32_t)LBP_READ8(at) << shift;
        const uint32_t sign = (uint32_t)1 << (bits - 1);
        scores[c] = (int32_t)lbp_weigh((uint32_t)scores[c], (weight ^ sign) - sign, feature[0]);
    }
    return at;
}

static inline int lbp_argmax(const int32_t *scores, uint16_t classes) {
    int best = 0;
    for (uint16_t c = 1; c < classes; c++)
        if (scores[c] > scores[best]) best = c;
    return best;
}

static inline uint8_t lbp_ones(lbp_word x) {
    uint8_t n = 0;
    for (; x; x = (lbp_word)(x & (lbp_word)(x - 1u))) n++;
    return n;
}

/* Ones of columns left .. right - 1, where `gate`'s are ones too if there is one. */
static inline uint16_t lbp_ones_between(const lbp_word *row, const lbp_word *gate, uint16_t left, uint16_t right) {
    uint16_t total = 0, k = (uint16_t)(left >> LBP_WORD_LOG2);
    const uint16_t last = (uint16_t)((right - 1u) >> LBP_WORD_LOG2);
    lbp_word inside = (lbp_word)(ALL_ONES << (left & (LBP_WORD_BITS - 1u)));
    for (; k <= last; k++) {
        if (k == last) inside = (lbp_word)(inside & (ALL_ONES >> ((0u - right) & (LBP_WORD_BITS - 1u))));
        total = (uint16_t)(total + lbp_ones((lbp_word)(row[k] & inside & (gate ? gate[k] : inside))));
        inside = ALL_ONES;
    }
    return total;
}

/* The sum over columns left .. right - 1 of a row of a value, whose planes lie `words` apart. */
static inline uint32_t lbp_row_sum(const lbp_word *bits, uint16_t words, uint8_t planes, uint8_t gated, uint16_t left,
                                   uint16_t right) {
    const lbp_word *gate = 0;
    uint32_t total = 0;
    if (gated) {
        gate = bits;
        for (uint8_t i = 1; i < planes; i++) gate += words;
        total = lbp_ones_between(gate, 0, left, right);
    }
    for (uint8_t i = 0; i < planes - gated; i++, bits += words)
        total += (uint32_t)lbp_ones_between(bits, gate, left, right) << i;
    return total;
}

#endif
