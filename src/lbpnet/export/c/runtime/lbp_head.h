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
/* avr-gcc makes a product of a byte that indexes four bytes each, unless it cannot see that it is a byte. */
#if defined(__AVR__) && !(defined(LBP_TERM_BITS) && LBP_TERM_BITS == 16)
#define LBP_HIDE_BYTE(x) __asm__("" : "+r"(x))
#else
#define LBP_HIDE_BYTE(x) ((void)0)
#endif

/* Terms of two weights of 2 bits, or of one of 4. */
static inline void lbp_fill_terms(lbp_term *t, uint8_t bits, lbp_term a, lbp_term b) {
    t[0] = 0;
    if (bits == 2) {
        t[1] = a, t[3] = (lbp_term)-a, t[4] = b, t[12] = (lbp_term)-b;
        t[5] = (lbp_term)(a + b), t[7] = (lbp_term)(b - a), t[13] = (lbp_term)-t[7], t[15] = (lbp_term)-t[5];
    } else {
        for (uint8_t i = 1; i < 8; i++) {
            t[i] = (lbp_term)(t[i - 1] + a), t[16 - i] = (lbp_term)-t[i];
            LBP_HIDE(t[i]);
        }
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
        for (const uint8_t *const end = at + classes; at != end; at++, scores++) {
            const uint8_t pair = LBP_READ8(at);
            uint16_t i = pair & 15, j = pair >> 4;
            LBP_HIDE_BYTE(i);
            LBP_HIDE_BYTE(j);
            *scores += (int32_t)low[i] + high[j];
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

/* The bits of columns left .. right - 1 in word k of a row. */
static inline lbp_word lbp_columns_inside(uint16_t k, uint16_t left, uint16_t right) {
    const uint16_t first = (uint16_t)(left >> LBP_WORD_LOG2), last = (uint16_t)((right - 1u) >> LBP_WORD_LOG2);
    lbp_word inside = k < first || k > last ? (lbp_word)0 : ALL_ONES;
    if (k == first) inside = (lbp_word)(inside << (left & (LBP_WORD_BITS - 1u)));
    if (k == last) inside = (lbp_word)(inside & (ALL_ONES >> ((0u - right) & (LBP_WORD_BITS - 1u))));
    return inside;
}

/* The sum of a word of a value over the pixels `inside`. */
static inline uint32_t lbp_word_sum(const lbp_word *bit, uint8_t planes, uint8_t gated, lbp_word inside) {
    uint32_t total = 0;
    if (gated) {
        inside = (lbp_word)(inside & bit[--planes]);
        total = lbp_ones(inside);
    }
    for (uint8_t i = 0; i < planes; i++) total += (uint32_t)lbp_ones((lbp_word)(bit[i] & inside)) << i;
    return total;
}

/* Sums of windows, where they are one number each. */
#if !LBP_TILED
static inline void lbp_add_sum(const lbp_network *n, void *sums, uint16_t sum, uint32_t amount) {
    if (SUM_BYTES_OF(n) == 1)
        ((uint8_t *)sums)[sum] = (uint8_t)(((uint8_t *)sums)[sum] + amount);
    else if (SUM_BYTES_OF(n) == 2)
        ((uint16_t *)sums)[sum] = (uint16_t)(((uint16_t *)sums)[sum] + amount);
    else
        ((uint32_t *)sums)[sum] += amount;
}

static inline uint32_t lbp_take_sum(const lbp_network *n, void *sums, uint16_t sum) {
    uint32_t x;
    if (SUM_BYTES_OF(n) == 1)
        x = ((const uint8_t *)sums)[sum];
    else
        x = SUM_BYTES_OF(n) == 2 ? ((const uint16_t *)sums)[sum] : ((const uint32_t *)sums)[sum];
    lbp_add_sum(n, sums, sum, 0u - x);
    return x;
}
#endif

/* The features of a map in one window row, at `sum` of `sums`, to the scores; the sums become zero. Returns where the
 * next map's weights begin. */
static inline const uint8_t *lbp_add_map(const lbp_network *n, const uint8_t *at, void *sums, uint16_t sum,
                                         int32_t *scores) {
    const uint16_t columns = lbp_shape(n, WINDOW_COLUMNS), classes = lbp_shape(n, CLASSES);
    const uint8_t bits = WEIGHT_BITS_OF(n), group = (uint8_t)(bits == 2 ? 4 : bits == 4 ? 2 : 1);
    /* A pointer: of an index of a byte, avr-gcc makes a product. */
    uint32_t feature[4], *next_feature = feature;
    const uint32_t *const full = feature + group;
#if LBP_TILED
    lbp_word *pair = (lbp_word *)sums + sum, now = pair[0], next = pair[1];
    if (bits <= 4 && now == 0 && next == 0) {
        for (uint16_t j = 0; j < columns; j = (uint16_t)(j + group)) {
            at += classes;
            LBP_HIDE(at);
        }
        return at;
    }
    pair[0] = pair[1] = 0;
#endif
    for (uint16_t j = 0; j < columns; j++) {
#if LBP_TILED
        const lbp_word other = next;
        *next_feature++ = (uint32_t)(now & LBP_TILE_FIELD);
        next = (lbp_word)(now >> (2 * LBP_TILE)), now = other;
#else
        *next_feature++ = lbp_take_sum(n, sums, (uint16_t)(sum + j));
#endif
        if (next_feature < full && j + 1 < columns) continue;
        while (next_feature < full) *next_feature++ = 0;
        at = lbp_add_group(at, bits, classes, feature, scores);
        next_feature = feature;
    }
    return at;
}

#endif
