/* Pooling windows and the weights of the classes.
 *
 * Weights of one map in one window row: for each group of four columns, for each class, the planes of the four weights'
 * two's complement, highest first: half a byte a plane, the high half first, column 0 in its lowest bit. Such a half
 * indexes the sums of all subsets of the four features, made once for all classes; planes are added with a doubling
 * between them.
 */
#ifndef LBP_HEAD_H
#define LBP_HEAD_H

#include "lbp_bits.h"
#include "lbp_coded.h"

/* Where the next byte of weights comes from. */
#if LBP_CODED
typedef lbp_reader *lbp_weights;
#else
typedef const uint8_t *lbp_weights;
#endif

/* A feature or the sum of four, and what a group adds to a score: unsigned, numbers below zero being so modulo 2^n. */
#if defined(LBP_TERM_BITS) && LBP_TERM_BITS == 16
typedef uint16_t lbp_term;
#else
typedef uint32_t lbp_term;
#endif
#if defined(LBP_TERM_BITS) && LBP_TERM_BITS == 16 && defined(__AVR__)
typedef uint16_t lbp_part;
#define LBP_SIGNED(part) (int16_t)(part)
#else
typedef uint32_t lbp_part;
#define LBP_SIGNED(part) (part)
#endif
#if defined(__AVR__)
typedef uint16_t lbp_half;
#else
typedef uint32_t lbp_half;
#endif

/* The sum that half a byte names; of an index avr-gcc would make a product, and of a byte that it sees. */
LBP_INLINE lbp_part lbp_named(const lbp_term *sums, lbp_half half) {
#ifdef __AVR__
    if (sizeof(lbp_term) == 4) LBP_KEEP(half);
#endif
    const lbp_half offset = sizeof(lbp_term) == 2 ? half << 1 : half << 2;
    return (lbp_part)*(const lbp_term *)((const uint8_t *)sums + offset);
}

LBP_INLINE lbp_part lbp_twice(lbp_part x) {
    LBP_HIDE(x);
    return (lbp_part)(x + x);
}

#if LBP_CODED
#define LBP_TAKE_WEIGHTS(to) to = lbp_next_weights(&from)
#else
#define LBP_TAKE_WEIGHTS(to) to = LBP_READ8(at), at++
#endif

/* Adds a group of four features to all scores; returns where the next group's weights begin. */
LBP_APART lbp_weights lbp_add_group(lbp_weights at, uint8_t bytes, uint16_t classes, const lbp_term *feature,
                                       int32_t *scores) {
    lbp_term all[16], *sums = all;
    const lbp_term a = feature[0], b = feature[1], c = feature[2], d = feature[3];
    const lbp_term ab = (lbp_term)(a + b), cd = (lbp_term)(c + d);
    sums[0] = 0, sums[1] = a, sums[2] = b, sums[3] = ab;
    sums[4] = c, sums[5] = (lbp_term)(c + a), sums[6] = (lbp_term)(c + b), sums[7] = (lbp_term)(c + ab);
    sums[8] = d, sums[9] = (lbp_term)(d + a), sums[10] = (lbp_term)(d + b), sums[11] = (lbp_term)(d + ab);
    sums[12] = cd, sums[13] = (lbp_term)(cd + a), sums[14] = (lbp_term)(cd + b), sums[15] = (lbp_term)(cd + ab);
    LBP_KEEP(sums);
#if LBP_CODED
    lbp_reader from = *at; /* a copy, which scores cannot change */
#endif
    for (int32_t *const end = scores + classes; scores != end; scores++) {
        lbp_half pair;
        LBP_TAKE_WEIGHTS(pair);
        lbp_part part = (lbp_part)(lbp_named(sums, pair & 15) - lbp_twice(lbp_named(sums, pair >> 4)));
        for (uint8_t left = (uint8_t)(bytes - 1u); left > 0; left--) {
            LBP_TAKE_WEIGHTS(pair);
            part = (lbp_part)(lbp_twice(part) + lbp_named(sums, pair >> 4));
            part = (lbp_part)(lbp_twice(part) + lbp_named(sums, pair & 15));
        }
        *scores = (int32_t)((uint32_t)*scores + (uint32_t)LBP_SIGNED(part));
    }
#if LBP_CODED
    *at = from;
#endif
    return at;
}

/* The same where it may be that all four are zero. */
static inline lbp_weights lbp_add_features(lbp_weights at, uint8_t bytes, uint16_t classes, const lbp_term *feature,
                                           int32_t *scores) {
#if !LBP_CODED /* to skip a code it must be read */
    if (!(feature[0] | feature[1] | feature[2] | feature[3])) {
        for (; bytes > 0; bytes--) {
            at += classes;
            LBP_KEEP(at); /* nor a product of classes and bytes */
        }
        return at;
    }
#endif
    return lbp_add_group(at, bytes, classes, feature, scores);
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
static inline lbp_weights lbp_add_map(const lbp_network *n, lbp_weights at, void *sums, uint16_t sum, int32_t *scores) {
    const uint16_t classes = lbp_shape(n, CLASSES);
    const uint8_t bytes = (uint8_t)(WEIGHT_BITS_OF(n) >> 1);
    uint16_t columns = lbp_shape(n, WINDOW_COLUMNS);
    lbp_term feature[4];
#if LBP_TILED
    lbp_word *const pair = (lbp_word *)sums + sum, even = pair[0], odd = pair[1];
    pair[0] = pair[1] = 0;
#if LBP_PAIRED
    even = (even & 0xffffu) + (even >> 16), odd = (odd & 0xffffu) + (odd >> 16);
#endif
    for (;;) {
        feature[0] = (lbp_term)(even & LBP_TILE_FIELD), feature[1] = (lbp_term)(odd & LBP_TILE_FIELD);
        even = lbp_down(even, 2 * LBP_TILE), odd = lbp_down(odd, 2 * LBP_TILE);
        feature[2] = (lbp_term)(even & LBP_TILE_FIELD), feature[3] = (lbp_term)(odd & LBP_TILE_FIELD);
        even = lbp_down(even, 2 * LBP_TILE), odd = lbp_down(odd, 2 * LBP_TILE);
        at = lbp_add_features(at, bytes, classes, feature, scores);
        if (columns <= 4) return at;
        columns = (uint16_t)(columns - 4u);
    }
#else
    while (columns > 0) {
        lbp_term *next = feature; /* a pointer: of an index of a byte, avr-gcc makes a product */
        for (uint8_t i = 4; i > 0; i--) {
            *next++ = columns > 0 ? (lbp_term)lbp_take_sum(n, sums, sum) : (lbp_term)0;
            if (columns > 0) columns--, sum++;
        }
        at = lbp_add_features(at, bytes, classes, feature, scores);
    }
    return at;
#endif
}

#endif
