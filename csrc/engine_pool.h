/* Pooled sums: what the fast way of engine_word.h ends with, and the plain way for any windows. */
#ifndef LBP_ENGINE_POOL_H
#define LBP_ENGINE_POOL_H

/* Whether a map's pooled sums can go the fast way here: vectors hold whole groups of lanes, and no byte overflows. */
static int pools_in_bytes(const lbp_engine *e, const lbp_map *map, int planes) {
    const lbp_windows *w = &e->windows;
    const int vectors = (map->body + LBP_VB - 1) / LBP_VB;
    if (!e->narrow || !w->in_bytes || map->lanes != w->rows || map->strips > 1 || map->word_bytes < w->columns) return 0;
    if (map->height != w->row[w->rows - 1][1] || map->width != w->column[w->columns - 1][1]) return 0;
    return LBP_VB % map->group == 0 && planes <= 5 && vectors * ((1 << planes) - 1) * 8 / 16 <= 255;
}

/* Sums 16-bit numbers, even and odd bytes of the words apart, over the words of each lane. */
LBP_INLINE void fold_lanes(v16 even, v16 odd, const lbp_map *map, int columns, uint16_t *out) {
    enum { HALVES = LBP_VB / 2 };
#if defined(__SSE2__) && LBP_VB >= 16
    if (map->group == 16 && columns == map->word_bytes) {
        __m128i e[LBP_VB / 16], o[LBP_VB / 16];
        memcpy(e, &even, sizeof e);
        memcpy(o, &odd, sizeof o);
#pragma GCC unroll 4
        for (int i = 1; i < LBP_VB / 16; i++) e[0] = _mm_add_epi16(e[0], e[i]), o[0] = _mm_add_epi16(o[0], o[i]);
        _mm_storeu_si128((__m128i *)out, _mm_unpacklo_epi16(e[0], o[0]));
        _mm_storeu_si128((__m128i *)out + 1, _mm_unpackhi_epi16(e[0], o[0]));
        return;
    }
#endif
    uint16_t sums[2][HALVES];
    memcpy(sums[0], &even, sizeof sums[0]);
    memcpy(sums[1], &odd, sizeof sums[1]);
    const int halves = map->word_bytes / 2, group = map->lanes * halves;
    for (int i = group; i < HALVES; i++) {
        sums[0][i % group] = (uint16_t)(sums[0][i % group] + sums[0][i]);
        sums[1][i % group] = (uint16_t)(sums[1][i % group] + sums[1][i]);
    }
    for (int lane = 0; lane < map->lanes; lane++)
        for (int k = 0; k < columns; k++) out[lane * columns + k] = sums[k % 2][lane * halves + k / 2];
}

static void set_feature(const lbp_engine *e, uint8_t *scratch, int32_t feature, uint32_t value) {
    uint8_t *features = scratch + e->feature_offset;
    if (e->narrow)
        ((uint16_t *)features)[feature] = (uint16_t)value;
    else
        ((uint32_t *)features)[feature] = value;
}

static uint64_t read_word(const uint8_t *from, int32_t bytes) {
    uint64_t word = 0;
    memcpy(&word, from, (size_t)bytes); /* little-endian, as engine.h says */
    return word;
}

static unsigned ones(uint64_t x) {
#if defined(__POPCNT__)
    return (unsigned)__builtin_popcountll(x);
#else
    x = x - ((x >> 1) & 0x5555555555555555u);
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    x += x >> 8, x += x >> 16, x += x >> 32;
    return (unsigned)(x & 0x7f);
#endif
}

/* Ones of a row's columns left .. right - 1. */
static unsigned ones_between(const uint8_t *word, const lbp_map *map, size_t strip, int32_t left, int32_t right) {
    const int32_t bits = map->word_bytes * 8;
    unsigned total = 0;
    for (int32_t s = left / bits; s * bits < right; s++) {
        uint64_t x = read_word(word + (size_t)s * strip, map->word_bytes);
        const int32_t from = left > s * bits ? left - s * bits : 0, to = right - s * bits < bits ? right - s * bits : bits;
        x = x >> from << from;
        total += ones(x << (64 - to));
    }
    return total;
}

static void pool_plainly(const lbp_engine *e, const lbp_map *map, const int32_t *a, uint8_t *scratch) {
    const size_t strip = (size_t)(a[2] ? map->haloed_strip : map->plain_strip);
    const int32_t rows_a_lane = map->height / map->lanes;
    const lbp_windows *w = &e->windows;
    for (int i = 0; i < w->rows; i++)
        for (int j = 0; j < w->columns; j++) {
            uint32_t sum = 0;
            for (int p = 0; p < a[3]; p++) {
                const uint8_t *plane = scratch + a[1] + (size_t)p * (size_t)a[5];
                uint32_t count = 0;
                for (int32_t r = w->row[i][0]; r < w->row[i][1]; r++) {
                    const int32_t word = r % rows_a_lane * map->lanes + r / rows_a_lane;
                    count += ones_between(plane + word * map->word_bytes, map, strip, w->column[j][0], w->column[j][1]);
                }
                sum += a[4] && a[3] > 1 && p == a[3] - 1 ? count : count << p;
            }
            set_feature(e, scratch, a[6] + i * w->columns + j, sum);
        }
}

static void pool_bytes(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    const lbp_bytes *b = &e->bytes[a[1]];
    const lbp_windows *w = &e->windows;
    const uint8_t *from = scratch + a[0] + b->border * b->pitch + b->border;
    for (int i = 0; i < w->rows; i++)
        for (int j = 0; j < w->columns; j++) {
            uint32_t sum = 0;
            for (int32_t r = w->row[i][0]; r < w->row[i][1]; r++)
                for (int32_t x = w->column[j][0]; x < w->column[j][1]; x++) sum += from[r * b->pitch + x] ^ 0x80u;
            set_feature(e, scratch, a[2] + i * w->columns + j, sum);
        }
}

#endif
