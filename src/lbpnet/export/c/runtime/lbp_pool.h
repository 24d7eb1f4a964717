/* Sums of all windows of a row at once, where the row is one word and windows lie side by side, LBP_TILE columns apart.
 *
 * Ones are added within a word: pairs of columns, then quads, then windows, each sum in the bits of its columns. Then
 * windows 0, 2, 4 ... and 1, 3, 5 ... go to two words, in which each has 2 LBP_TILE bits: sums[0] and sums[1].
 * The masks come from lbp_network.h. Of a pair of rows each half has sums of its own.
 */
#ifndef LBP_POOL_H
#define LBP_POOL_H

#include "lbp_bits.h"

#if LBP_TILED

/* Ones of columns 0 to 3 and 4 to 7 of each window. */
LBP_INLINE lbp_word lbp_quads(lbp_word x) {
    x = (lbp_word)(x - ((lbp_word)(x >> 1) & LBP_TWICE(LBP_TILE_PAIRS)));
    return (lbp_word)((x & LBP_TWICE(LBP_TILE_QUADS)) + ((lbp_word)(x >> 2) & LBP_TWICE(LBP_TILE_QUADS_UP)));
}

LBP_INLINE lbp_word lbp_window_ones(lbp_word quads) {
#if LBP_TILE > 4
    return (lbp_word)((quads & LBP_TWICE(LBP_TILE_LOW)) + ((lbp_word)(quads >> 4) & LBP_TWICE(LBP_TILE_HIGH)));
#else
    return quads;
#endif
}

/* A weight's windows, after those of the next higher weight. */
LBP_INLINE void lbp_pool_level(lbp_word quads, lbp_word *even, lbp_word *odd) {
    const lbp_word ones = lbp_window_ones(quads);
#if LBP_TILE_NARROW /* the sum of a row fits a window's bits */
    (void)odd;
    *even = (lbp_word)((lbp_word)(*even << 1) + ones);
#else
    *even = (lbp_word)((lbp_word)(*even << 1) + (ones & LBP_TWICE(LBP_TILE_EVEN)));
    *odd = (lbp_word)((lbp_word)(*odd << 1) + (lbp_down(ones, LBP_TILE) & LBP_TWICE(LBP_TILE_EVEN)));
#endif
}

/* Plane i of a value, the top one of a gated value excepted. */
LBP_INLINE void lbp_pool_plane(lbp_word plane, lbp_word gate, int first_of_gated, lbp_word *even, lbp_word *odd) {
    lbp_word quads = lbp_quads((lbp_word)(lbp_down(plane, LBP_TILE_FIRST) & gate));
    if (LBP_TILE_JOIN && first_of_gated) quads = (lbp_word)(quads + lbp_quads(gate)); /* both count one */
    lbp_pool_level(quads, even, odd);
}

LBP_INLINE lbp_word lbp_gate_of(lbp_word top, int gated) {
    return (lbp_word)(gated ? lbp_down(top, LBP_TILE_FIRST) & LBP_TWICE(LBP_TILE_INSIDE) : LBP_TWICE(LBP_TILE_INSIDE));
}

/* What the planes gave, and the gate where it is yet to be counted, to the sums of a window row. */
LBP_INLINE void lbp_pool_sums(lbp_word even, lbp_word odd, lbp_word gate, int count_gate, lbp_word *sums) {
    if (count_gate) {
        lbp_word once = 0, once_odd = 0;
        lbp_pool_level(lbp_quads(gate), &once, &once_odd);
        even = (lbp_word)(even + once), odd = (lbp_word)(odd + once_odd);
    }
#if LBP_TILE_NARROW
    odd = (lbp_word)(lbp_down(even, LBP_TILE) & LBP_TWICE(LBP_TILE_EVEN));
    even = (lbp_word)(even & LBP_TWICE(LBP_TILE_EVEN));
#endif
    sums[0] = (lbp_word)(sums[0] + even), sums[1] = (lbp_word)(sums[1] + odd);
}

/* Adds a row of a value to the sums of a window row. */
static inline void lbp_pool_row(const lbp_word *plane, uint8_t planes, uint8_t gated, lbp_word *sums) {
    lbp_word even = 0, odd = 0;
#ifdef LBP_USUAL_PLANES
    if (planes == LBP_USUAL_PLANES && gated == LBP_USUAL_GATED) { /* the same with constants */
        const lbp_word gate = lbp_gate_of(plane[LBP_USUAL_PLANES - 1], LBP_USUAL_GATED);
        if (LBP_USUAL_GATED && gate == 0) return; /* as in rows of background */
        LBP_UNROLL
        for (int i = LBP_USUAL_PLANES - LBP_USUAL_GATED - 1; i >= 0; i--)
            lbp_pool_plane(plane[i], gate, LBP_USUAL_GATED && i == 0, &even, &odd);
        lbp_pool_sums(even, odd, gate, LBP_USUAL_GATED && !LBP_TILE_JOIN, sums);
        return;
    }
#endif
#ifndef LBP_POOLS_USUAL
    const lbp_word gate = lbp_gate_of(plane[planes - 1], gated);
    for (int i = planes - gated - 1; i >= 0; i--) lbp_pool_plane(plane[i], gate, gated && i == 0, &even, &odd);
    lbp_pool_sums(even, odd, gate, gated && (!LBP_TILE_JOIN || planes == 1), sums);
#endif
}

#endif

#endif
