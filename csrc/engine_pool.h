/* Pooled sums: what the fast way of engine_word.h ends with, and the plain way for any windows. */
#ifndef LBP_ENGINE_POOL_H
#define LBP_ENGINE_POOL_H

/* Whether a map's pooled sums can go the fast way here: no byte overflows. */
LBP_INLINE int pools_in_cells(const lbp_engine *e, const lbp_map *map, int planes) {
    const int highest = (1 << planes) - 1;
    if (!e->narrow || !map->in_cells || planes > 4 || map->body > 8 * LBP_VB) return 0;
    return e->windows.cell == 8 || map->rows * 4 * highest <= 255;
}

#if defined(__SSE2__) && LBP_VB >= 16
/* The parts of 16 bytes added up as 16-bit numbers. */
LBP_INLINE __m128i add_parts16(v64 x) {
#if LBP_VB == 32
    return _mm_add_epi16(_mm256_castsi256_si128((__m256i)x), _mm256_extracti128_si256((__m256i)x, 1));
#else
    __m128i part[LBP_VB / 16];
    memcpy(part, &x, sizeof part);
#pragma GCC unroll 4
    for (int i = 1; i < LBP_VB / 16; i++) part[0] = _mm_add_epi16(part[0], part[i]);
    return part[0];
#endif
}
#endif

/* Sums 16-bit numbers, even and odd bytes of the words apart, over the words of each lane. */
LBP_INLINE void fold_lanes(v16 even, v16 odd, const lbp_map *map, int columns, uint16_t *out) {
    enum { HALVES = LBP_VB / 2 };
#if defined(__SSE2__) && LBP_VB >= 16
    if (map->group == 16 && columns == map->word_bytes) {
        const __m128i e = add_parts16((v64)even), o = add_parts16((v64)odd);
        _mm_storeu_si128((__m128i *)out, _mm_unpacklo_epi16(e, o));
        _mm_storeu_si128((__m128i *)out + 1, _mm_unpackhi_epi16(e, o));
        return;
    }
#endif
    const int halves = map->word_bytes / 2, group = map->lanes * halves;
    if (map->group <= 8) {
        /* Several groups in 8 bytes: no 16-bit sum overflows, since no feature does. */
        uint64_t e[LBP_VB / 8], o[LBP_VB / 8];
        memcpy(e, &even, sizeof e);
        memcpy(o, &odd, sizeof o);
#pragma GCC unroll 8
        for (int i = 1; i < LBP_VB / 8; i++) e[0] += e[i], o[0] += o[i];
        for (int bits = 32; bits >= map->group * 8; bits /= 2) e[0] += e[0] >> bits, o[0] += o[0] >> bits;
        for (int i = 0; i < group; i++, e[0] >>= 16, o[0] >>= 16) {
            const int k = i % halves * 2;
            uint16_t *to = out + i / halves * columns + k;
            if (k < columns) to[0] = (uint16_t)e[0];
            if (k + 1 < columns) to[1] = (uint16_t)o[0];
        }
        return;
    }
    uint16_t sums[2][HALVES];
    memcpy(sums[0], &even, sizeof sums[0]);
    memcpy(sums[1], &odd, sizeof sums[1]);
    for (int i = group; i < HALVES; i += group)
        for (int k = 0; k < group; k++) {
            sums[0][k] = (uint16_t)(sums[0][k] + sums[0][i + k]);
            sums[1][k] = (uint16_t)(sums[1][k] + sums[1][i + k]);
        }
    for (int lane = 0; lane < map->lanes; lane++)
        for (int k = 0; k < columns; k++) out[lane * columns + k] = sums[k % 2][lane * halves + k / 2];
}

/* The same for two windows a byte: their sums lie in the bytes of `low` and `high`, and fit them. */
LBP_INLINE void fold_halves(v64 low, v64 high, const lbp_map *map, int columns, uint16_t *out) {
#if defined(__SSE2__) && LBP_VB >= 16
    if (map->group == 8 && columns == 2 * map->word_bytes) {
        /* No byte overflows, so that wider numbers may be added. */
        const __m128i l = add_parts16(low), h = add_parts16(high);
        const __m128i x = _mm_unpacklo_epi8(_mm_add_epi16(l, _mm_unpackhi_epi64(l, l)), _mm_add_epi16(h, _mm_unpackhi_epi64(h, h)));
        _mm_storeu_si128((__m128i *)out, _mm_unpacklo_epi8(x, _mm_setzero_si128()));
        _mm_storeu_si128((__m128i *)out + 1, _mm_unpackhi_epi8(x, _mm_setzero_si128()));
        return;
    }
#endif
    v128 l[LBP_VB / 16], h[LBP_VB / 16];
    memcpy(l, &low, sizeof l);
    memcpy(h, &high, sizeof h);
    /* Groups are whole parts of 16 bytes; no byte overflows, so that wider words may be added. */
#pragma GCC unroll 4
    for (int i = 1; i < LBP_VB / 16; i++) l[0] += l[i], h[0] += h[i];
    if (map->group <= 8) l[0][0] += l[0][1], h[0][0] += h[0][1];
    for (int bits = 32; bits >= map->group * 8; bits /= 2) l[0][0] += l[0][0] >> bits, h[0][0] += h[0][0] >> bits;
    uint8_t bytes[2][16];
    memcpy(bytes[0], &l[0], 16);
    memcpy(bytes[1], &h[0], 16);
    for (int lane = 0; lane < map->lanes; lane++)
        for (int k = 0; k < columns; k++) out[lane * columns + k] = bytes[k % 2][lane * map->word_bytes + k / 2];
}

#if defined(__AVX2__) && LBP_VB == 32
/* The ones of half bytes, times 2^level. */
LBP_INLINE v8 weighted_ones(v64 halves, int level) {
    const v8 ones = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    return (v8)_mm256_shuffle_epi8((__m256i)(ones << level), (__m256i)halves);
}

/* Windows of 7 columns side by side: window k has the lower half of byte k, and a part of the upper halves of byte k and
 * of the byte before. A window's sum of a lower half is at most 7 * 8 * 4, of the parts 7 * 8 * 3: they fit a byte. */
LBP_INLINE void count_sevens(const v64 *sum, uint16_t *out) {
    const v32 own = (v32){0} + 0x00010307u, next = (v32){0} + 0x000e0c08u;
    v8 low = {0}, high = {0}, above = {0};
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) {
        const v64 upper = sum[i] >> 4;
        low += weighted_ones(sum[i] & 0x0f0f0f0f0f0f0f0fu, i);
        high += weighted_ones(upper & (v64)own, i);
        above += weighted_ones(upper & (v64)next, i);
    }
    const __m256i l = (__m256i)low, h = (__m256i)(high + (v8)((v32)above << 8));
    const __m128i lows = _mm_add_epi8(_mm256_castsi256_si128(l), _mm256_extracti128_si256(l, 1));
    const __m128i highs = _mm_add_epi8(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
    _mm256_storeu_si256((__m256i *)out, _mm256_add_epi16(_mm256_cvtepu8_epi16(lows), _mm256_cvtepu8_epi16(highs)));
}
#endif

/* Planes of an op, one after the other or at two arguments each. */
LBP_INLINE void find_planes(const int32_t *a, int from_bits, int planes, uint8_t *scratch, const uint8_t **plane) {
    const uint8_t *first = scratch + a[4];
#pragma GCC unroll 4
    for (int i = 0; i < planes; i++) {
        plane[i] = from_bits ? scratch + a[4 + 2 * i] : first;
        first += a[6];
    }
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

/* Ones of a row's columns left .. right - 1 in a plane, where `gate`'s are ones too if there is one. */
static unsigned ones_between(const lbp_map *map, const uint8_t *plane, int32_t strip, const uint8_t *gate,
                             int32_t gate_strip, int32_t left, int32_t right) {
    const int32_t bits = map->word_bytes * 8;
    unsigned total = 0;
    for (int32_t s = left / bits; s * bits < right; s++) {
        uint64_t x = read_word(plane + s * strip, map->word_bytes);
        if (gate) x &= read_word(gate + s * gate_strip, map->word_bytes);
        const int32_t from = left > s * bits ? left - s * bits : 0, to = right - s * bits < bits ? right - s * bits : bits;
        x = x >> from << from;
        total += ones(x << (64 - to));
    }
    return total;
}

/* haloed: of each plane, every second number; NULL: all are as `all_haloed` says. */
static void pool_plainly(const lbp_engine *e, const lbp_map *map, const uint8_t *const *plane, const int32_t *haloed,
                         int all_haloed, int planes, int gated, int raw, int32_t feature, uint8_t *scratch) {
    int32_t strip[LBP_MAX_PLANES];
    for (int p = 0; p < planes; p++)
        strip[p] = (haloed ? haloed[2 * p] : all_haloed) ? map->haloed_strip : map->plain_strip;
    const lbp_windows *w = &e->windows;
    for (int i = 0; i < w->rows; i++)
        for (int j = 0; j < w->columns; j++) {
            uint32_t sum = 0;
            for (int p = 0; p < planes; p++) {
                const int top = gated && p == planes - 1;
                uint32_t count = 0;
                for (int32_t r = w->row[i][0]; r < w->row[i][1]; r++) {
                    const int32_t word = (r % map->rows * map->lanes + r / map->rows) * map->word_bytes;
                    const uint8_t *gate = raw && !top ? plane[planes - 1] + word : NULL;
                    count += ones_between(map, plane[p] + word, strip[p], gate, strip[planes - 1],
                                          w->column[j][0], w->column[j][1]);
                }
                sum += top ? count : count << p;
            }
            set_feature(e, scratch, feature + i * w->columns + j, sum);
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
