/* Ops on planes of bytes: the image, its reductions, and the first stage's comparisons. */
#ifndef LBP_ENGINE_BYTES_H
#define LBP_ENGINE_BYTES_H

static uint8_t *first_pixel(const lbp_bytes *b, uint8_t *plane) { return plane + b->border * b->pitch + b->border; }

/* Zero pixels around (0x80: the top bit is flipped). */
static void clear_border(const lbp_bytes *b, uint8_t *plane) {
    memset(plane, 0x80, (size_t)((b->height + 2 * b->border) * b->pitch));
}

static void take_image(const lbp_engine *e, const int32_t *a, const uint8_t *image, uint8_t *scratch) {
    const lbp_bytes *b = &e->bytes[a[2]];
    const size_t width = (size_t)b->width;
    const uint8_t *from = image + (size_t)a[0] * (size_t)b->height * width;
    clear_border(b, scratch + a[1]);
    uint8_t *to = first_pixel(b, scratch + a[1]);
    for (int32_t r = 0; r < b->height; r++, from += width, to += b->pitch) {
        size_t x = 0;
        for (; x + LBP_VB <= width; x += LBP_VB) store(to + x, load(from + x) ^ 0x8080808080808080u);
        for (; x + 8 <= width; x += 8) {
            uint64_t pixels;
            memcpy(&pixels, from + x, 8);
            pixels ^= 0x8080808080808080u;
            memcpy(to + x, &pixels, 8);
        }
        for (; x < width; x++) to[x] = from[x] ^ 0x80;
    }
}

/* Four averages of 2 x 2 blocks of eight columns. */
LBP_INLINE void shrink_eight(const uint8_t *above, const uint8_t *below, uint8_t *to) {
    const uint64_t top = 0x8080808080808080u, even = 0x00ff00ff00ff00ffu;
    uint64_t x, y;
    memcpy(&x, above, 8);
    memcpy(&y, below, 8);
    x ^= top, y ^= top;
    x = (x & even) + (x >> 8 & even) + (y & even) + (y >> 8 & even);
    x = x >> 2 & even;
    x = (x | x >> 8) & 0x0000ffff0000ffffu;
    const uint32_t four = (uint32_t)(x | x >> 16) ^ 0x80808080u;
    memcpy(to, &four, 4);
}

/* Block averages, rounded down. */
static void shrink(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    const lbp_bytes *in = &e->bytes[a[1]], *out = &e->bytes[a[3]];
    const int32_t factor = a[4];
    clear_border(out, scratch + a[2]);
    const uint8_t *from = first_pixel(in, scratch + a[0]);
    uint8_t *to = first_pixel(out, scratch + a[2]);
    for (int32_t r = 0; r < out->height; r++, from += factor * in->pitch, to += out->pitch) {
        int32_t x = 0;
        if (factor == 2)
            for (; x + 4 <= out->width; x += 4) shrink_eight(from + 2 * x, from + in->pitch + 2 * x, to + x);
        for (; x < out->width; x++) {
            unsigned sum = 0;
            for (int32_t i = 0; i < factor; i++)
                for (int32_t j = 0; j < factor; j++) sum += from[i * in->pitch + x * factor + j] ^ 0x80u;
            to[x] = (uint8_t)((sum >> (factor == 2 ? 2 : 4)) ^ 0x80u);
        }
    }
}

static void byte_max(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    const lbp_bytes *in = &e->bytes[a[1]], *out = &e->bytes[a[3]];
    clear_border(out, scratch + a[2]);
    const uint8_t *from = first_pixel(in, scratch + a[0]);
    uint8_t *to = first_pixel(out, scratch + a[2]);
    for (int32_t r = 0; r < out->height; r++)
        for (int32_t x = 0; x < out->width; x++) {
            const int8_t *p = (const int8_t *)from + 2 * r * in->pitch + 2 * x;
            const int8_t above = p[0] > p[1] ? p[0] : p[1], below = p[in->pitch] > p[in->pitch + 1] ? p[in->pitch] : p[in->pitch + 1];
            to[r * out->pitch + x] = (uint8_t)(above > below ? above : below);
        }
}

/* Bits of `columns` columns from `at`, a word's worth at most. */
LBP_INLINE uint64_t compare_columns(const uint8_t *at, const uint8_t *sample, int32_t columns, uint64_t valid) {
    uint64_t bits = greater_bytes(sample, at);
#pragma GCC unroll 8
    for (int32_t x = LBP_COLUMNS; x < columns; x += LBP_COLUMNS) bits |= greater_bytes(sample + x, at + x) << x;
    return bits & valid;
}

LBP_INLINE void compare_rows(const lbp_bytes *b, const lbp_map *map, const uint8_t *from, const int32_t *user,
                             int word_bytes, uint8_t *scratch) {
    const ptrdiff_t offset = user[0] * b->pitch + user[1], pitch = b->pitch, step = map->lanes * word_bytes;
    for (int32_t s = 0; s < map->strips; s++) {
        uint8_t *to = scratch + user[2] + s * map->plain_strip;
        const int32_t left = b->width - 64 * s, columns = left < 64 ? left : 64;
        const uint64_t valid = columns < 64 ? ~(~0ull << columns) : ~0ull;
        const uint8_t *row = from + 64 * s;
        memset(to + map->body, 0, (size_t)(map->plain_strip - map->body));
        for (int32_t l = 0; l < map->lanes; l++, to += word_bytes) {
            uint8_t *word = to;
            const int32_t above = map->height - l * map->rows, rows = above < map->rows ? above : map->rows;
            for (int32_t j = 0; j < rows; j++, row += pitch, word += step) {
                /* Columns past the image are masked: a whole word's may be compared. */
                const uint64_t bits = compare_columns(row, row + offset, word_bytes == 8 ? columns : 8 * word_bytes, valid);
                memcpy(word, &bits, (size_t)word_bytes);
            }
            /* Rows that the last lanes lack. */
            for (int32_t j = rows < 0 ? 0 : rows; j < map->rows; j++)
                memset(to + j * step, 0, (size_t)word_bytes);
        }
    }
}

static __attribute__((noinline)) void byte_compare(const lbp_engine *e, const int32_t *a, int32_t count, uint8_t *scratch) {
    const lbp_bytes *b = &e->bytes[a[1]];
    const lbp_map *map = &e->maps[a[2]];
    const uint8_t *from = first_pixel(b, scratch + a[0]);
    for (int32_t i = 3; i < count; i += 3) {
        if (map->word_bytes == 4)
            compare_rows(b, map, from, a + i, 4, scratch);
        else if (map->word_bytes == 2)
            compare_rows(b, map, from, a + i, 2, scratch);
        else
            compare_rows(b, map, from, a + i, 8, scratch);
    }
}

#endif
