/* Rows of the image, or of its shrunken copies, to bit planes; for the schedule `rows`. */
#ifndef LBP_ROW_BYTES_H
#define LBP_ROW_BYTES_H

#include "lbp_bits.h"

/* A row of bytes, or of block sums to be shifted down, to eight planes; N words. */
static void push_bytes(lbp_run *r, const uint8_t *bytes, const uint16_t *sums, uint8_t shift, uint16_t left) {
    const uint16_t next = (uint16_t)(read_number(r) + ROW_WORDS(r));
    lbp_word *first = r->to, *to = first;
    for (uint16_t k = 0; k < ROW_WORDS(r); k++, first++) {
        lbp_word word[8];
        for (uint8_t p = 0; p < 8; p++) word[p] = 0;
        for (uint8_t at = 0; at < LBP_WORD_BITS && left > 0 && !r->below; at = (uint8_t)(at + 8)) {
            uint8_t pixel[8];
            for (uint8_t j = 0; j < 8; j++) {
                pixel[j] = 0;
                if (left > 0) pixel[j] = (uint8_t)(bytes ? LBP_PIXEL(bytes) : *sums >> shift), left--;
                if (bytes) bytes++;
                else sums++;
            }
            lbp_transpose(pixel);
            for (uint8_t p = 0; p < 8; p++) word[p] = (lbp_word)(word[p] | (lbp_word)((lbp_word)pixel[p] << at));
        }
        to = first;
        for (uint8_t p = 0; p < 8; p++, to += next) {
#if LBP_PAIRED
            if (r->second) word[p] = word[p] << 16 | *to;
#endif
            *to = word[p];
            LBP_HIDE(to);
        }
    }
    r->to = to - (ROW_WORDS(r) - 1);
}

/* A byte other than 0 for each channel to go on, then 0. */
static void next_channel(lbp_run *r) {
    while (read8(r))
        if (r->pixels) r->pixels += r->stride;
}

/* Channels to go on, N words. */
static void image_record(lbp_run *r) {
    next_channel(r);
    push_bytes(r, r->pixels, 0, 0, lbp_shape(r->network, WIDTH));
}

/* Channels to go on, 1 log2 factor, 2 first block, 2 blocks, N words; `due`: the blocks are complete. */
static void shrink_record(lbp_run *r, uint8_t due) {
    next_channel(r);
    const uint8_t log2 = read8(r);
    uint16_t *sums = r->memory->blocks + read16(r);
    const uint16_t blocks = read16(r);
    if (r->pixels) {
        const uint8_t *pixel = r->pixels;
        for (uint16_t i = 0; i < blocks; i++)
            for (uint8_t j = 0; j < (uint8_t)(1u << log2); j++, pixel++)
                sums[i] = (uint16_t)(sums[i] + LBP_PIXEL(pixel));
    }
    if (!due) {
        (void)read_number(r);
        return;
    }
    push_bytes(r, 0, sums, (uint8_t)(log2 + log2), blocks);
    for (uint16_t i = 0; i < blocks; i++) sums[i] = 0;
}

#endif
