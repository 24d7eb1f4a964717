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

/* Bytes of one pixel of 8 LBP_VB images to its 8 planes. */
LBP_INLINE void slice_pixel(const uint8_t *bytes, uint8_t *to, size_t stride) {
    for (int part = 0; part < LBP_SLICE; part += 8) {
        /* An 8 x 8 transpose of bits: blocks of 4, 2 and 1. */
        uint64_t x, t;
        memcpy(&x, bytes + part, 8);
        t = (x ^ x >> 28) & 0x00000000f0f0f0f0u, x ^= t ^ t << 28;
        t = (x ^ x >> 14) & 0x0000cccc0000ccccu, x ^= t ^ t << 14;
        t = (x ^ x >> 7) & 0x00aa00aa00aa00aau, x ^= t ^ t << 7;
        for (int i = 0; i < 8; i++) to[(size_t)i * stride + (size_t)(part / 8)] = (uint8_t)(x >> 8 * i);
    }
}

/* One image's byte of each pixel of a byte plane, LBP_SLICE bytes apart. */
static void spread_bytes(const lbp_bytes *b, uint8_t *plane, uint8_t *to) {
    const uint8_t *from = first_pixel(b, plane);
    for (int32_t r = 0; r < b->height; r++, from += b->pitch)
        for (int32_t x = 0; x < b->width; x++, to += LBP_SLICE) *to = from[x] ^ 0x80;
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

static int bits_of(uint64_t value) {
    int bits = 0;
    while (value >> bits) bits++;
    return bits;
}

/* sum += number (`planes` vectors in x, one more with weight 1 in `carry`); only `levels` of sum can be other than 0. */
LBP_INLINE void slice_add(v64 *sum, const v64 *x, int planes, v64 carry, int levels) {
#pragma GCC unroll 8
    for (int i = 0; i < planes; i++) {
        const v64 old = sum[i];
        sum[i] = xor3(old, x[i], carry);
        carry = majority(old, x[i], carry);
    }
    for (int i = planes; i < levels; i++) {
        const v64 old = sum[i];
        sum[i] = old ^ carry;
        carry &= old;
    }
}

LBP_INLINE void slice_pool_planes(const lbp_engine *e, const lbp_map *map, const uint8_t *const *plane, int planes,
                                  int gated, int raw, int32_t feature, uint8_t *scratch) {
    const lbp_windows *w = &e->windows;
    const int numbers = gated ? planes - 1 : planes;
    const uint64_t highest = gated ? 1ull << numbers : (1ull << planes) - 1;
    for (int i = 0; i < w->rows; i++)
        for (int j = 0; j < w->columns; j++, feature++) {
            v64 sum[32] = {(v64){0}};
            uint64_t most = 0;
            for (int y = w->row[i][0]; y < w->row[i][1]; y++)
                for (int x = w->column[j][0]; x < w->column[j][1]; x++) {
                    const size_t at = (size_t)(y * map->width + x) * LBP_VB;
                    v64 number[LBP_MAX_PLANES], gate = gated ? load(plane[numbers] + at) : (v64){0};
#pragma GCC unroll 8
                    for (int p = 0; p < numbers; p++) {
                        number[p] = load(plane[p] + at);
                        if (raw) number[p] &= gate;
                    }
                    most += highest;
                    slice_add(sum, number, numbers, gate, bits_of(most));
                }
            uint8_t *to = scratch + e->feature_offset + (size_t)feature * (size_t)e->feature_bits * LBP_VB;
            for (int p = 0; p < e->feature_bits; p++) store(to + p * LBP_VB, sum[p]);
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
    else if (planes == 3 && gated)
        slice_pool_planes(e, map, plane, 3, 1, raw, a[3], scratch);
    else
        slice_pool_planes(e, map, plane, planes, gated, raw, a[3], scratch);
}

/* Scores of a class, 32-bit two's complement in 32 vectors: what has weight above 0 less what has weight below. */
static void slice_class(const lbp_engine *e, int c, const uint8_t *features, v64 *score) {
    v64 sums[2][32] = {{(v64){0}}};
    uint64_t most[2] = {0, 0};
    const int32_t *weights = e->weights32 + (size_t)c * (size_t)e->features;
    const size_t size = (size_t)e->feature_bits * LBP_VB;
    const uint64_t highest = (1ull << e->feature_bits) - 1;
    for (int f = 0; f < e->features; f++) {
        const int negative = weights[f] < 0;
        uint32_t magnitude = negative ? 0u - (uint32_t)weights[f] : (uint32_t)weights[f];
        for (int shift = 0; magnitude; shift++, magnitude >>= 1) {
            if (!(magnitude & 1)) continue;
            v64 x[32];
            const int planes = e->feature_bits < 32 - shift ? e->feature_bits : 32 - shift;
            for (int p = 0; p < planes; p++) x[p] = load(features + (size_t)f * size + p * LBP_VB);
            most[negative] += highest << shift;
            const int levels = bits_of(most[negative]) < 32 ? bits_of(most[negative]) : 32;
            slice_add(sums[negative] + shift, x, planes, (v64){0}, levels - shift);
        }
    }
    /* a - b = a + ~b + 1 */
    v64 carry = ~(v64){0};
    for (int i = 0; i < 32; i++) {
        const v64 a = sums[0][i], b = ~sums[1][i];
        score[i] = xor3(a, b, carry);
        carry = majority(a, b, carry);
    }
}

/* One image's 32 bits from 32 vectors of bits. */
static void slice_scores(const lbp_engine *e, int count, int32_t *scores, uint8_t *scratch) {
    for (int c = 0; c < e->classes; c++) {
        v64 score[32];
        uint8_t bits[32][LBP_VB];
        slice_class(e, c, scratch + e->feature_offset, score);
        memcpy(bits, score, sizeof bits);
        for (int n = 0; n < count; n += 8) {
            uint32_t value[8] = {0};
            for (int byte = 0; byte < 4; byte++) {
                uint64_t x = 0, t;
                for (int i = 0; i < 8; i++) x |= (uint64_t)bits[8 * byte + i][n / 8] << 8 * i;
                t = (x ^ x >> 28) & 0x00000000f0f0f0f0u, x ^= t ^ t << 28;
                t = (x ^ x >> 14) & 0x0000cccc0000ccccu, x ^= t ^ t << 14;
                t = (x ^ x >> 7) & 0x00aa00aa00aa00aau, x ^= t ^ t << 7;
                for (int i = 0; i < 8; i++) value[i] |= (uint32_t)(x >> 8 * i & 255) << 8 * byte;
            }
            for (int i = 0; i < 8 && n + i < count; i++)
                scores[(size_t)(n + i) * (size_t)e->classes + (size_t)c] = (int32_t)(value[i] + (uint32_t)e->bias[c]);
        }
    }
}

static void run_slice(const lbp_engine *e, const uint8_t *images, int count, int32_t *scores, uint8_t *scratch) {
    slice_images(e, images, count, scratch);
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
