/* The largest of 2 x 2 blocks, on words of planes. */
#ifndef LBP_ENGINE_MAX_H
#define LBP_ENGINE_MAX_H

/* a = max(a, b), pixel by pixel. */
LBP_INLINE void keep_larger(uint64_t *a, const uint64_t *b, int planes) {
    uint64_t greater = 0;
    for (int i = 0; i < planes; i++) greater = (b[i] & ~a[i]) | ((b[i] | ~a[i]) & greater);
    for (int i = 0; i < planes; i++) a[i] ^= (a[i] ^ b[i]) & greater;
}

/* Bits 0, 2, 4 ... side by side. */
static uint64_t even_bits(uint64_t x) {
    x &= 0x5555555555555555u;
    x = (x | x >> 1) & 0x3333333333333333u;
    x = (x | x >> 2) & 0x0f0f0f0f0f0f0f0fu;
    x = (x | x >> 4) & 0x00ff00ff00ff00ffu;
    x = (x | x >> 8) & 0x0000ffff0000ffffu;
    return (x | x >> 16) & 0x00000000ffffffffu;
}

static int32_t row_offset(const lbp_map *map, int32_t row) {
    return (row % map->rows * map->lanes + row / map->rows) * map->word_bytes;
}

/* One row of output from strip s of the input. */
static void max_row(const lbp_map *in, const lbp_map *out, const int32_t *a, int32_t row, int32_t s, uint8_t *scratch) {
    uint64_t best[LBP_MAX_PLANES] = {0}, other[LBP_MAX_PLANES] = {0};
    const int32_t bits = in->word_bytes * 8, out_bits = out->word_bytes * 8, column = s * bits / 2;
    if (column / out_bits >= out->strips) return;
    for (int p = 0; p < a[4]; p++) {
        const uint8_t *plane = scratch + a[1] + (size_t)p * (size_t)a[5] + s * in->haloed_strip;
        best[p] = read_word(plane + row_offset(in, 2 * row), in->word_bytes);
        other[p] = read_word(plane + row_offset(in, 2 * row + 1), in->word_bytes);
    }
    keep_larger(best, other, a[4]);
    for (int p = 0; p < a[4]; p++) other[p] = best[p] >> 1;
    keep_larger(best, other, a[4]);
    for (int p = 0; p < a[4]; p++) {
        const int32_t strip = column / out_bits, at = row_offset(out, row);
        uint8_t *to = scratch + a[3] + (size_t)p * (size_t)a[6] + strip * out->haloed_strip + at;
        uint64_t word = read_word(to, out->word_bytes) | even_bits(best[p]) << column % out_bits;
        word &= read_word(out->valid + strip * out->plain_strip + at, out->word_bytes);
        memcpy(to, &word, (size_t)out->word_bytes);
    }
}

/* Rows of output two at a time, where a row of input is one word of 32 bits and rows lie one after the other. */
LBP_INLINE void max_row_pairs(const lbp_map *out, const int32_t *a, int planes, uint8_t *scratch) {
    const uint64_t low = 0xffffffffu;
    const unsigned pixels = (1u << out->width) - 1;
    for (int32_t row = 0; row + 1 < out->height; row += 2) {
        uint64_t best[LBP_MAX_PLANES], other[LBP_MAX_PLANES];
        for (int p = 0; p < planes; p++) {
            const uint8_t *from = scratch + a[1] + (size_t)p * (size_t)a[5] + 8 * row;
            uint64_t first, second;
            memcpy(&first, from, 8);
            memcpy(&second, from + 8, 8);
            best[p] = (first & low) | second << 32;
            other[p] = first >> 32 | (second & ~low);
        }
        keep_larger(best, other, planes);
        for (int p = 0; p < planes; p++) other[p] = best[p] >> 1;
        keep_larger(best, other, planes);
        const int32_t at = row_offset(out, row), next_at = row_offset(out, row + 1);
        for (int p = 0; p < planes; p++) {
            uint8_t *to = scratch + a[3] + (size_t)p * (size_t)a[6];
            const uint64_t both = even_bits(best[p]);
            const uint16_t word = (uint16_t)(both & pixels), next = (uint16_t)(both >> 16 & pixels);
            memcpy(to + at, &word, 2);
            memcpy(to + next_at, &next, 2);
        }
    }
}

static void max_rows(const lbp_map *in, const lbp_map *out, const int32_t *a, int32_t first, uint8_t *scratch) {
    for (int32_t row = first; row < out->height; row++)
        for (int32_t s = 0; s < in->strips; s++) max_row(in, out, a, row, s, scratch);
}

static void max_pool(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    const lbp_map *in = &e->maps[a[0]], *out = &e->maps[a[2]];
    const int pairs = in->word_bytes == 4 && in->lanes == 1 && out->word_bytes == 2;
    for (int p = 0; p < a[4]; p++)
        for (int32_t s = 0; s < out->strips; s++)
            memset(scratch + a[3] + (size_t)p * (size_t)a[6] + s * out->haloed_strip, 0, (size_t)out->plain_strip);
    if (pairs && a[4] == 1)
        max_row_pairs(out, a, 1, scratch);
    else if (pairs && a[4] == 3)
        max_row_pairs(out, a, 3, scratch);
    else if (pairs && a[4] == 4)
        max_row_pairs(out, a, 4, scratch);
    else if (pairs)
        max_row_pairs(out, a, a[4], scratch);
    max_rows(in, out, a, pairs ? out->height / 2 * 2 : 0, scratch);
    fill_halos(out, scratch + a[3], a[4], (size_t)a[6]);
}

#endif
