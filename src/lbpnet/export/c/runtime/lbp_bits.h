/* Logic on words of bit planes. */
#ifndef LBP_BITS_H
#define LBP_BITS_H

#include "lbp_tables.h"

#define ALL_ONES ((lbp_word) ~(lbp_word)0)

/* x >> by, a constant. avr-gcc shifts two bytes by 14 with a product. */
LBP_INLINE lbp_word lbp_down(lbp_word x, uint8_t by) {
#ifdef __AVR__
    if (by == 14) {
        LBP_KEEP(x); /* nor becomes it part of another shift */
        x = (lbp_word)(x >> 7), by = 7;
        LBP_KEEP(x);
    }
#endif
    return (lbp_word)(x >> by);
}

/* One plane of a > b, least significant first; the top one of gated values rules those below it. */
LBP_INLINE lbp_word lbp_greater(lbp_word a, lbp_word b, lbp_word below, int gate) {
    if (gate) return (lbp_word)(a & (below | (lbp_word)~b));
    return (lbp_word)(below ^ ((a ^ b) & (a ^ below)));
}

#if LBP_PAIRED
/* A pair of rows of samples, whose bits move by `by` of a tap; `between`: the lower row of one pair, the upper one of
 * the next. */
LBP_INLINE lbp_word lbp_moved_pair(const lbp_word *at, uint8_t by, int between) {
    const lbp_word x = *at;
    if (between) return x >> (by & 31) | at[-1] << ((32u - by) & 31);
    return x >> (by & 31) | x << ((0u - by) & 31);
}
#elif LBP_ONE_WORD
/* A row whose bits move by `by` of a tap. */
LBP_INLINE lbp_word lbp_moved_word(lbp_word x, uint8_t by) {
#if LBP_ROTATES
    return (lbp_word)((lbp_word)(x >> (by & (LBP_WORD_BITS - 1))) | (lbp_word)(x << ((0u - by) & (LBP_WORD_BITS - 1))));
#else
    return (lbp_word)(by & 128 ? x << (256 - by) : x >> by);
#endif
}
#else
/* Word k of a row whose bits move by `jump` words and `by` bits: down (dx > 0), or up. */
LBP_INLINE lbp_word lbp_moved(const lbp_word *row, uint16_t k, uint16_t words, uint16_t jump, uint8_t by, int down) {
    lbp_word x = 0;
    if (down) {
        const uint16_t i = (uint16_t)(k + jump);
        if (i < words) x = (lbp_word)(row[i] >> by);
        if (by && i + 1 < words) x = (lbp_word)(x | (lbp_word)(row[i + 1] << (LBP_WORD_BITS - by)));
    } else if (k >= jump) {
        const uint16_t i = (uint16_t)(k - jump);
        x = (lbp_word)(row[i] << by);
        if (by && i > 0) x = (lbp_word)(x | (lbp_word)(row[i - 1] >> (LBP_WORD_BITS - by)));
    }
    return x;
}
#endif

/* Eight bytes to their bits 0, 1, 2 ..., of byte j in bit j of each. */
static inline void lbp_transpose(uint8_t *byte) {
    uint32_t half[2];
    for (uint8_t h = 0; h < 2; h++, byte += 4) {
        uint32_t x = byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
        uint32_t swapped = (x ^ x >> 7) & 0x00aa00aau;
        x ^= swapped;
        LBP_HIDE(x);
        x ^= swapped << 7;
        swapped = (x ^ x >> 14) & 0x0000ccccu;
        x ^= swapped;
        LBP_HIDE(x);
        half[h] = x ^ swapped << 14;
    }
    const uint32_t swapped = (half[0] >> 4 ^ half[1]) & 0x0f0f0f0fu;
    half[0] ^= swapped << 4, half[1] ^= swapped;
    byte -= 8;
    for (uint8_t h = 0; h < 2; h++, byte += 4)
        for (uint8_t j = 0; j < 4; j++, half[h] >>= 8) byte[j] = (uint8_t)half[h];
}

/* Bits 0, 2, 4 ... of a word, side by side. */
static inline lbp_word lbp_even_bits(lbp_word x) {
    lbp_word y = 0;
    for (uint8_t i = 0; i < LBP_WORD_BITS / 2; i++, x = (lbp_word)(x >> 2))
        y = (lbp_word)(y | (lbp_word)((lbp_word)(x & 1) << i));
    return y;
}

/* The larger of a and b, plane by plane, into a. */
static inline void lbp_keep_larger(lbp_word *a, const lbp_word *b, uint8_t planes, uint8_t gated) {
    lbp_word b_is_larger = 0;
    for (uint8_t i = 0; i < planes; i++)
        b_is_larger = lbp_greater(b[i], a[i], b_is_larger, gated && i + 1 == planes);
    for (uint8_t i = 0; i < planes; i++) a[i] = (lbp_word)(a[i] ^ ((a[i] ^ b[i]) & b_is_larger));
}

/* v - floor, or 0 where that is negative. */
static inline void lbp_subtract_floor(lbp_word *bit, uint8_t points, uint16_t floor) {
    lbp_word borrow = 0;
    for (uint8_t i = 0; i < points; i++) {
        const lbp_word x = bit[i], one = (lbp_word)(floor >> i & 1 ? ALL_ONES : 0);
        bit[i] = (lbp_word)(x ^ one ^ borrow);
        borrow = (lbp_word)(((lbp_word)~x & (one | borrow)) | (one & borrow));
    }
    for (uint8_t i = 0; i < points; i++) bit[i] = (lbp_word)(bit[i] & (lbp_word)~borrow);
}

/* The number of ones to bits 0 .. 4; returns [number >= limit]. */
static inline lbp_word lbp_count(lbp_word *bit, uint8_t points, uint16_t limit) {
    lbp_word count[5], reached = ALL_ONES;
    for (uint8_t j = 0; j < 5; j++) count[j] = 0;
    for (uint8_t i = 0; i < points; i++) {
        lbp_word carry = bit[i];
        for (uint8_t j = 0; j < 5; j++) {
            const lbp_word both = (lbp_word)(count[j] & carry);
            count[j] = (lbp_word)(count[j] ^ carry);
            carry = both;
        }
    }
    for (uint8_t j = 0; j < 5; j++) {
        reached = (lbp_word)(limit >> j & 1 ? reached & count[j] : reached | count[j]);
        bit[j] = count[j];
    }
    return reached;
}

/* The bits of a map to its planes, in place. `bit` has room for MAX_POINTS. */
static inline void lbp_encode(lbp_word *bit, uint8_t code, uint8_t points, uint16_t parameter) {
    if (USES_CODE(CODE_FLOOR) && code == CODE_FLOOR) {
        lbp_subtract_floor(bit, points, parameter);
    } else if (USES_CODE(CODE_COUNT) || USES_CODE(CODE_LIMIT)) {
        const lbp_word reached = lbp_count(bit, points, parameter);
        if (code == CODE_LIMIT) bit[0] = reached;
    }
}

#endif
