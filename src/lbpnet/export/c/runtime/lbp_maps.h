/* Maps that are summed and not kept, where all are of the network's usual kind: rows of background are soon left. */
#ifndef LBP_MAPS_H
#define LBP_MAPS_H

#include "lbp_compare.h"
#include "lbp_pool.h"

#if LBP_TILED && defined(LBP_POOLS_USUAL) && LBP_CODES == 1 << 1
#define LBP_USUAL_MAPS LBP_USUAL_GATED
#else
#define LBP_USUAL_MAPS 0
#endif

/* Whether the network makes no other maps, and no row lies in several windows. */
#ifdef LBP_ALIKE
#define LBP_MAPS_ALIKE LBP_USUAL_MAPS
#else
#define LBP_MAPS_ALIKE 0
#endif

#if LBP_USUAL_MAPS
/* N value: values that exist, to the sums of a window row. */
LBP_APART void lbp_pool_maps(const lbp_network *n, const uint8_t *at, uint16_t records, const lbp_word *aged,
                             lbp_word *sums, uint16_t map) {
    for (; records > 0; records--, sums += map) {
        const uint16_t *plane = n->values + LBP_READ16(n->values + take_number(n, &at)) + 1;
        lbp_word bits[LBP_USUAL_PLANES];
        bits[LBP_USUAL_PLANES - 1] = aged[LBP_READ16(plane + LBP_USUAL_PLANES - 1)];
        if (bits[LBP_USUAL_PLANES - 1] == 0) continue;
        LBP_UNROLL
        for (int i = 0; i < LBP_USUAL_PLANES - 1; i++) bits[i] = aged[LBP_READ16(plane + i)];
        lbp_pool_row(bits, LBP_USUAL_PLANES, 1, sums);
    }
}

/* Maps of points, to the sums of a window row: records of `make_map`. */
LBP_APART void lbp_make_maps(const lbp_network *n, const uint8_t *at, uint16_t records, const lbp_word *aged,
                             const lbp_word *planes, lbp_word mask, lbp_word *sums, uint16_t map) {
    for (; records > 0; records--, sums += map) {
        const uint8_t rest = LBP_READ8(at + 1);
        lbp_word bits[LBP_USUAL_PLANES];
        at += 2;
        for (uint8_t i = LBP_USUAL_PLANES - 1;;) { /* the top one first */
            const uint8_t *const start = at;
            lbp_word bit;
            if (take_number(n, &at) > 0) {
                at = start;
                bit = lbp_compare_row(n, aged, mask, &at);
            } else {
                bit = planes[lbp_two(at)];
                at += 2;
            }
            bits[i] = bit;
            if (i == LBP_USUAL_PLANES - 1) {
                i = 0;
                if (bit == 0) {
                    at += rest;
                    break;
                }
            } else if (++i == LBP_USUAL_PLANES - 1) {
                lbp_pool_row(bits, LBP_USUAL_PLANES, 1, sums);
                break;
            }
        }
    }
}
#endif

#endif
