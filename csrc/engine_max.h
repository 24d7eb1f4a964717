/* The largest of 2 x 2 blocks, on words of planes. */
#ifndef LBP_ENGINE_MAX_H
#define LBP_ENGINE_MAX_H

/* a = max(a, b), pixel by pixel. */
static void keep_larger(uint64_t *a, const uint64_t *b, int planes) {
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

static void max_pool(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    const lbp_map *in = &e->maps[a[0]], *out = &e->maps[a[2]];
    for (int p = 0; p < a[4]; p++)
        for (int32_t s = 0; s < out->strips; s++)
            memset(scratch + a[3] + (size_t)p * (size_t)a[6] + s * out->haloed_strip, 0, (size_t)out->plain_strip);
    for (int32_t row = 0; row < out->height; row++)
        for (int32_t s = 0; s < in->strips; s++) max_row(in, out, a, row, s, scratch);
    fill_halos(out, scratch + a[3], a[4], (size_t)a[6]);
}

#endif
