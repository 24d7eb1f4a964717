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

/* Block averages, rounded down. */
static void shrink(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    const lbp_bytes *in = &e->bytes[a[1]], *out = &e->bytes[a[3]];
    const int32_t factor = a[4];
    clear_border(out, scratch + a[2]);
    const uint8_t *from = first_pixel(in, scratch + a[0]);
    uint8_t *to = first_pixel(out, scratch + a[2]);
    for (int32_t r = 0; r < out->height; r++)
        for (int32_t x = 0; x < out->width; x++) {
            unsigned sum = 0;
            for (int32_t i = 0; i < factor; i++)
                for (int32_t j = 0; j < factor; j++) sum += from[(r * factor + i) * in->pitch + x * factor + j] ^ 0x80u;
            to[r * out->pitch + x] = (uint8_t)((sum >> (factor == 2 ? 2 : 4)) ^ 0x80u);
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

/* Bits of up to 64 columns from `at`. */
LBP_INLINE uint64_t compare_columns(const uint8_t *at, const uint8_t *sample, int32_t columns) {
    uint64_t bits = greater_bytes(sample, at);
    for (int32_t x = LBP_COLUMNS; x < columns; x += LBP_COLUMNS) bits |= greater_bytes(sample + x, at + x) << x;
    return columns < 64 ? bits & ~(~0ull << columns) : bits;
}

LBP_INLINE void compare_rows(const lbp_bytes *b, const lbp_map *map, const uint8_t *from, const int32_t *user,
                             int word_bytes, uint8_t *scratch) {
    const int32_t rows = map->height / map->lanes;
    const size_t offset = (size_t)(user[0] * b->pitch + user[1]);
    for (int32_t s = 0; s < map->strips; s++) {
        uint8_t *to = scratch + user[2] + s * map->plain_strip;
        const int32_t left = b->width - 64 * s, columns = left < 8 * word_bytes ? left : 8 * word_bytes;
        const uint8_t *row = from + 64 * s;
        for (int32_t l = 0; l < map->lanes; l++)
            for (int32_t j = 0; j < rows; j++, row += b->pitch) {
                const uint64_t bits = compare_columns(row, row + offset, columns);
                memcpy(to + (j * map->lanes + l) * word_bytes, &bits, (size_t)word_bytes);
            }
        memset(to + map->body, 0, (size_t)(map->plain_strip - map->body));
    }
}

static void byte_compare(const lbp_engine *e, const int32_t *a, int32_t count, uint8_t *scratch) {
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
