/* Weights in a prefix code, for LBP_SMALL: shorter codes for the bytes that are met more often.
 *
 * Weights of a run: for each window row 2 bytes, the length of what follows, and the codes of the bytes that lbp_head.h
 * describes, the first bit highest. `ranges`, from the shortest length on: the highest value that 16 bits have which
 * begin with a code of at most that length; what is added to such a code to give its byte's place in `symbols`.
 */
#ifndef LBP_CODED_H
#define LBP_CODED_H

#include "lbp_tables.h"

#if LBP_CODED
/* Where weights are read. */
typedef struct {
    const lbp_network *network;
    const uint8_t *at;
    uint32_t bits; /* the next ones, highest first; zeros below */
    uint32_t left; /* how many they are */
} lbp_reader;

LBP_INLINE uint8_t lbp_next_weights(lbp_reader *from) {
    const lbp_network *n = from->network;
    const uint16_t *range = n->ranges;
    while (from->left < 16) {
        from->bits |= (uint32_t)LBP_READ8(from->at) << (24u - from->left);
        from->at++;
        from->left += 8;
        LBP_HIDE(from->left);
    }
    const uint32_t next = from->bits >> 16;
    while (next > LBP_READ16(range)) {
        range += 2;
        LBP_HIDE(range);
    }
    const uint32_t length = n->shortest + ((uint32_t)(range - n->ranges) >> 1);
    from->bits <<= length;
    from->left -= length;
    return LBP_READ8(n->symbols + (uint16_t)(LBP_READ16(range + 1) + (next >> (16 - length))));
}
#endif

#endif
