/* The engine with images as lanes: bit i of a vector belongs to image i, a plane has one vector a pixel. A batch of
 * 8 LBP_VB images takes no shifts and no masks, so it needs fewer instructions an image than engine_word.h; its planes
 * are 8 LBP_VB times larger, so it wins where maps are small enough for the second-level cache.
 *
 * The ops are those of engine_plan.h, on planes of height x width vectors, and SLICE: byte plane, byte map, map, to:
 * the 8 planes of a byte plane of all images.
 */
#ifndef LBP_ENGINE_SLICED_H
#define LBP_ENGINE_SLICED_H

enum { LBP_SLICE = 8 * LBP_VB };

/* An 8 x 8 transpose of bits: bit i of byte k becomes bit k of byte i. */
LBP_INLINE uint64_t transpose_bits(uint64_t x) {
    uint64_t t = (x ^ x >> 28) & 0x00000000f0f0f0f0u;
    x ^= t ^ t << 28;
    t = (x ^ x >> 14) & 0x0000cccc0000ccccu;
    x ^= t ^ t << 14;
    t = (x ^ x >> 7) & 0x00aa00aa00aa00aau;
    return x ^ t ^ t << 7;
}

/* Bytes of one pixel of 8 LBP_VB images to its 8 planes. */
LBP_INLINE void slice_pixel(const uint8_t *bytes, uint8_t *to, size_t stride) {
#if defined(__AVX2__)
    for (int part = 0; part < LBP_SLICE; part += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(bytes + part));
        for (int i = 7; i >= 0; i--, x = _mm256_add_epi8(x, x)) {
            const int bits = _mm256_movemask_epi8(x);
            memcpy(to + (size_t)i * stride + (size_t)(part / 8), &bits, 4);
        }
    }
#else
    for (int part = 0; part < LBP_SLICE; part += 8) {
        uint64_t x;
        memcpy(&x, bytes + part, 8);
        x = transpose_bits(x);
        for (int i = 0; i < 8; i++) to[(size_t)i * stride + (size_t)(part / 8)] = (uint8_t)(x >> 8 * i);
    }
#endif
}

/* One image's bytes of the pixels of a byte plane, LBP_SLICE bytes apart. */
static void spread_bytes(const lbp_bytes *b, uint8_t *plane, uint8_t *to) {
    const uint8_t *from = first_pixel(b, plane);
    for (int32_t r = 0; r < b->height; r++, from += b->pitch)
        for (int32_t x = 0; x < b->width; x++, to += LBP_SLICE) *to = from[x] ^ 0x80;
}

/* Eight images' bytes of a row of averages of 2 x 2 blocks, straight from the images `apart` bytes apart. */
LBP_INLINE void spread_shrunk_row(const uint8_t *above, size_t apart, int32_t width, int32_t columns, uint8_t *to) {
    const uint64_t even = 0x00ff00ff00ff00ffu;
    for (int n = 0; n < 8; n++, above += apart, to++)
        for (int32_t at = 0; at < columns; at += 4) {
            /* The last four again where fewer are left. */
            const int32_t x = at + 4 <= columns ? at : columns - 4;
            uint64_t a, b;
            memcpy(&a, above + 2 * x, 8);
            memcpy(&b, above + width + 2 * x, 8);
            a = ((a & even) + (a >> 8 & even) + (b & even) + (b >> 8 & even)) >> 2;
            uint8_t *four = to + (size_t)x * LBP_SLICE;
            four[0] = (uint8_t)a, four[LBP_SLICE] = (uint8_t)(a >> 16);
            four[2 * LBP_SLICE] = (uint8_t)(a >> 32), four[3 * LBP_SLICE] = (uint8_t)(a >> 48);
        }
}

#if defined(__SSE2__)
/* The averages of 16 columns of two rows as bytes, twice. */
LBP_INLINE __m128i shrink_sixteen(const uint8_t *above, int32_t width) {
    const __m128i even = _mm_set1_epi16(255);
    const __m128i a = _mm_loadu_si128((const __m128i *)above), b = _mm_loadu_si128((const __m128i *)(above + width));
    const __m128i evens = _mm_add_epi16(_mm_and_si128(a, even), _mm_and_si128(b, even));
    const __m128i odds = _mm_add_epi16(_mm_srli_epi16(a, 8), _mm_srli_epi16(b, 8));
    const __m128i x = _mm_srli_epi16(_mm_add_epi16(evens, odds), 2);
    return _mm_packus_epi16(x, x);
}

/* The same eight columns at a time: an 8 x 8 transpose of bytes, so that the eight images' are stored at once. */
LBP_INLINE void spread_wide_row(const uint8_t *above, size_t apart, int32_t width, int32_t columns, uint8_t *to) {
    for (int32_t at = 0; at < columns; at += 8) {
        const int32_t x = at + 8 <= columns ? at : columns - 8;
        __m128i pair[4], quad[4];
#pragma GCC unroll 4
        for (int n = 0; n < 4; n++)
            pair[n] = _mm_unpacklo_epi8(shrink_sixteen(above + 2 * (size_t)n * apart + 2 * x, width),
                                        shrink_sixteen(above + (2 * (size_t)n + 1) * apart + 2 * x, width));
        quad[0] = _mm_unpacklo_epi16(pair[0], pair[1]), quad[1] = _mm_unpackhi_epi16(pair[0], pair[1]);
        quad[2] = _mm_unpacklo_epi16(pair[2], pair[3]), quad[3] = _mm_unpackhi_epi16(pair[2], pair[3]);
        uint8_t *pixel = to + (size_t)x * LBP_SLICE;
#pragma GCC unroll 2
        for (int half = 0; half < 2; half++, pixel += 4 * LBP_SLICE) {
            const __m128i first = _mm_unpacklo_epi32(quad[half], quad[half + 2]);
            const __m128i last = _mm_unpackhi_epi32(quad[half], quad[half + 2]);
            _mm_storel_epi64((__m128i *)pixel, first);
            _mm_storel_epi64((__m128i *)(pixel + LBP_SLICE), _mm_unpackhi_epi64(first, first));
            _mm_storel_epi64((__m128i *)(pixel + 2 * LBP_SLICE), last);
            _mm_storel_epi64((__m128i *)(pixel + 3 * LBP_SLICE), _mm_unpackhi_epi64(last, last));
        }
    }
}
#endif

LBP_INLINE void spread_row(const uint8_t *above, size_t apart, int32_t width, int32_t columns, uint8_t *to) {
#if defined(__SSE2__)
    if (columns >= 8) {
        spread_wide_row(above, apart, width, columns, to);
        return;
    }
#endif
    spread_shrunk_row(above, apart, width, columns, to);
}

/* The ops on bytes, which come first, for every image; what lacks in the last slice is a copy of its last image. */
static void slice_images(const lbp_engine *e, const uint8_t *images, int count, uint8_t *scratch) {
    const size_t size = (size_t)(e->channels * e->height * e->width);
    for (int n = 0; n < LBP_SLICE; n++) {
        const uint8_t *image = images + (size_t)(n < count ? n : count - 1) * size;
        for (int32_t i = 0; i < e->op_count && e->ops[i].kind <= LBP_OP_SLICE; i++) {
            const int32_t *a = e->ops[i].args;
            switch (e->ops[i].kind) {
                case LBP_OP_IMAGE: take_image(e, a, image, scratch); break;
                case LBP_OP_SHRINK: shrink(e, a, scratch); break;
                case LBP_OP_BYTE_MAX: byte_max(e, a, scratch); break;
                case LBP_OP_SLICE: spread_bytes(&e->bytes[a[1]], scratch + a[0], scratch + a[4] + n); break;
                default: break;
            }
        }
    }
}

/* The same for a full slice whose bytes are one channel's averages of 2 x 2 blocks, faster; 0 where they are not. */
static int slice_plain_images(const lbp_engine *e, const uint8_t *images, int count, uint8_t *scratch) {
    if (count < LBP_SLICE || e->op_count < 4 || e->ops[0].kind != LBP_OP_IMAGE || e->ops[1].kind != LBP_OP_SHRINK ||
        e->ops[1].args[4] != 2 || e->ops[2].kind != LBP_OP_SLICE || e->ops[3].kind <= LBP_OP_SLICE || e->width < 8)
        return 0;
    const size_t plane = (size_t)(e->height * e->width), size = (size_t)e->channels * plane;
    const int32_t *averages = e->ops[1].args, *sliced = e->ops[2].args;
    const lbp_bytes *b = &e->bytes[sliced[1]];
    if (averages[0] != e->ops[0].args[1] || sliced[0] != averages[2] || b->height != e->height / 2 ||
        b->width != e->width / 2)
        return 0;
    uint8_t *to = scratch + sliced[4];
    images += (size_t)e->ops[0].args[0] * plane;
    for (int n = 0; n < LBP_SLICE; n += 8)
        for (int32_t r = 0; r < b->height; r++)
            spread_row(images + (size_t)n * size + (size_t)(2 * r * e->width), size, e->width, b->width,
                       to + (size_t)(r * b->width) * LBP_SLICE + n);
    return 1;
}

static void slice_bytes(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    const lbp_map *map = &e->maps[a[2]];
    const int32_t pixels = map->height * map->width;
    for (int32_t p = 0; p < pixels; p++)
        slice_pixel(scratch + a[4] + (size_t)p * LBP_SLICE, scratch + a[3] + (size_t)p * LBP_VB, (size_t)map->plain_strip);
}

/* Row y of one comparison. */
LBP_INLINE void slice_compare_row(const lbp_map *map, const uint8_t *from, size_t stride, int planes, int gated, int y,
                                  int dy, int dx, uint8_t *to) {
    const int width = map->width;
    if (y + dy < 0 || y + dy >= map->height) {
        memset(to, 0, (size_t)width * LBP_VB);
        return;
    }
    const int first = dx < 0 ? -dx : 0, last = dx > 0 ? width - dx : width;
    for (int x = 0; x < first && x < width; x++) store(to + x * LBP_VB, (v64){0});
    for (int x = last < 0 ? 0 : last; x < width; x++) store(to + x * LBP_VB, (v64){0});
    const uint8_t *pivot = from + (size_t)(y * width) * LBP_VB, *sample = pivot + (dy * width + dx) * LBP_VB;
    for (int x = first; x < last; x++) {
        v64 greater = load(sample + x * LBP_VB) & ~load(pivot + x * LBP_VB);
#pragma GCC unroll 8
        for (int i = 1; i < planes; i++) {
            const v64 a = load(sample + x * LBP_VB + (size_t)i * stride), b = load(pivot + x * LBP_VB + (size_t)i * stride);
            greater = gated && i == planes - 1 ? greater | (a & ~b) : greater_step(a, b, greater);
        }
        store(to + x * LBP_VB, greater);
    }
}

LBP_INLINE void slice_compare_planes(const lbp_map *map, const int32_t *a, int planes, int gated, uint8_t *scratch) {
    const int users = a[5] + a[6] + a[7];
    /* Row by row, so that a row's samples are in the first cache for all comparisons. */
    for (int y = 0; y < map->height; y++)
        for (int u = 0; u < users; u++) {
            const int32_t *user = a + 8 + 3 * u;
            slice_compare_row(map, scratch + a[1], (size_t)a[4], planes, gated, y, user[0], u < a[5] ? -user[1] : user[1],
                              scratch + user[2] + (size_t)(y * map->width) * LBP_VB);
        }
}

static void slice_compare(const lbp_map *map, const int32_t *a, uint8_t *scratch) {
    const int planes = a[2], gated = a[3] && planes > 1;
    if (planes == 4 && gated)
        slice_compare_planes(map, a, 4, 1, scratch);
    else if (planes == 3 && gated)
        slice_compare_planes(map, a, 3, 1, scratch);
    else if (planes == 3)
        slice_compare_planes(map, a, 3, 0, scratch);
    else if (planes == 8)
        slice_compare_planes(map, a, 8, 0, scratch);
    else
        slice_compare_planes(map, a, planes, gated, scratch);
}

static void slice_max(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    const lbp_map *in = &e->maps[a[0]], *out = &e->maps[a[2]];
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            v64 best[LBP_MAX_PLANES];
            for (int k = 0; k < 4; k++) {
                const size_t at = (size_t)((2 * y + k / 2) * in->width + 2 * x + k % 2) * LBP_VB;
                v64 greater = k ? (v64){0} : ~(v64){0};
                for (int p = 0; p < a[4] && k; p++)
                    greater = greater_step(load(scratch + a[1] + at + (size_t)p * (size_t)a[5]), best[p], greater);
                for (int p = 0; p < a[4]; p++) {
                    const v64 other = load(scratch + a[1] + at + (size_t)p * (size_t)a[5]);
                    best[p] = k ? best[p] ^ ((best[p] ^ other) & greater) : other;
                }
            }
            const size_t at = (size_t)(y * out->width + x) * LBP_VB;
            for (int p = 0; p < a[4]; p++) store(scratch + a[3] + at + (size_t)p * (size_t)a[6], best[p]);
        }
}

LBP_INLINE int bits_of(uint64_t value) { return value ? 64 - __builtin_clzll(value) : 0; }

/* sum += number (`planes` vectors in x, one more of weight 1 in `carry`), of which `levels` bits can be other than 0. */
LBP_INLINE void slice_add(v64 *sum, const v64 *x, int planes, v64 carry, int levels) {
#pragma GCC unroll 8
    for (int i = 0; i < planes; i++) {
        const v64 old = sum[i];
        sum[i] = xor3(old, x[i], carry);
        carry = majority(old, x[i], carry);
    }
#pragma GCC unroll 8
    for (int i = planes; i < levels; i++) {
        const v64 old = sum[i];
        sum[i] = old ^ carry;
        carry &= old;
    }
}

LBP_INLINE void slice_pool_window(const lbp_map *map, const int32_t *row, const int32_t *column,
                                  const uint8_t *const *plane, int planes, int gated, int raw, int levels, int bits,
                                  size_t apart, uint8_t *to) {
    const int numbers = gated ? planes - 1 : planes;
    v64 sum[32];
#pragma GCC unroll 8
    for (int i = 0; i < levels; i++) sum[i] = (v64){0};
    for (int y = row[0]; y < row[1]; y++) {
        size_t at = (size_t)(y * map->width + column[0]) * LBP_VB;
        for (int x = column[0]; x < column[1]; x++, at += LBP_VB) {
            const v64 gate = gated ? load(plane[numbers] + at) : (v64){0};
            v64 carry = gate;
#pragma GCC unroll 8
            for (int p = 0; p < numbers; p++) {
                const v64 x = raw ? load(plane[p] + at) & gate : load(plane[p] + at), old = sum[p];
                sum[p] = xor3(old, x, carry);
                carry = majority(old, x, carry);
            }
#pragma GCC unroll 8
            for (int p = numbers; p < levels; p++) {
                const v64 old = sum[p];
                sum[p] = old ^ carry;
                carry &= old;
            }
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < levels; i++)
        if (i < bits) store(to + (size_t)i * apart, sum[i]);
}

LBP_INLINE void slice_pool_planes(const lbp_engine *e, const lbp_map *map, const uint8_t *const *plane, int planes,
                                  int gated, int raw, int32_t feature, uint8_t *scratch) {
    const lbp_windows *w = &e->windows;
    /* A bit of all features, then the next bit: classes then share a bit's plane in the cache. */
    const size_t apart = (size_t)e->features * LBP_VB;
    uint8_t *to = scratch + e->feature_offset + (size_t)feature * LBP_VB;
    for (int i = 0; i < w->rows; i++)
        for (int j = 0; j < w->columns; j++, to += LBP_VB) {
            const int bits = e->feature_bits;
            /* Levels that the compiler knows stay in registers. */
            if (bits <= 7 && planes <= 7)
                slice_pool_window(map, w->row[i], w->column[j], plane, planes, gated, raw, 7, bits, apart, to);
            else if (bits <= 8 && planes <= 8)
                slice_pool_window(map, w->row[i], w->column[j], plane, planes, gated, raw, 8, bits, apart, to);
            else
                slice_pool_window(map, w->row[i], w->column[j], plane, planes, gated, raw, 31, bits, apart, to);
        }
}

static void slice_pool(const lbp_engine *e, const int32_t *a, int from_bits, uint8_t *scratch) {
    const lbp_map *map = &e->maps[a[0]];
    const uint8_t *plane[LBP_MAX_PLANES];
    const int planes = a[1], gated = a[2] && planes > 1, raw = from_bits && gated;
    for (int i = 0; i < planes; i++) plane[i] = scratch + (from_bits ? a[4 + 2 * i] : a[4] + i * a[6]);
    if (planes == 4 && raw)
        slice_pool_planes(e, map, plane, 4, 1, 1, a[3], scratch);
    else if (planes == 4 && gated)
        slice_pool_planes(e, map, plane, 4, 1, 0, a[3], scratch);
    else if (planes == 3 && raw)
        slice_pool_planes(e, map, plane, 3, 1, 1, a[3], scratch);
    else if (planes == 3 && gated)
        slice_pool_planes(e, map, plane, 3, 1, 0, a[3], scratch);
    else
        slice_pool_planes(e, map, plane, planes, gated, raw, a[3], scratch);
}

#include "engine_sliced_scores.h"

static void run_slice(const lbp_engine *e, const uint8_t *images, int count, int32_t *scores, uint8_t *scratch) {
    if (!slice_plain_images(e, images, count, scratch)) slice_images(e, images, count, scratch);
    for (int32_t i = 0; i < e->op_count; i++) {
        const int32_t *a = e->ops[i].args;
        switch (e->ops[i].kind) {
            case LBP_OP_SLICE: slice_bytes(e, a, scratch); break;
            case LBP_OP_FILL: fill(e, a, scratch); break;
            case LBP_OP_ENCODE: encode(e, a, scratch); break;
            case LBP_OP_COMPARE: slice_compare(&e->maps[a[0]], a, scratch); break;
            case LBP_OP_MAX: slice_max(e, a, scratch); break;
            case LBP_OP_POOL: slice_pool(e, a, 0, scratch); break;
            case LBP_OP_POOL_BITS: slice_pool(e, a, 1, scratch); break;
            default: break;
        }
    }
    slice_scores(e, count, scores, scratch);
}

#endif
