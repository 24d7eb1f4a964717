/* The usual shapes of 28 x 28 pixels (engine_usual.h) in AVX-512: a plane is two vectors, its halos a part of a third.
 *
 * Pooled sums stay as cells here: 64 bytes a map, byte 16 g + i what the rows of group g add to window i. Scores
 * multiply cells by weights that repeat every 16 bytes, so that no cells are added up before.
 */
#ifndef LBP_ENGINE_USUAL512_H
#define LBP_ENGINE_USUAL512_H

LBP_INLINE __m512i load512(const uint8_t *from) { return _mm512_loadu_si512(from); }
/* The second half of a plane of 28 x 28 pixels: 12 words; what follows may be a halo. */
LBP_INLINE __m512i load_last(const uint8_t *from) { return _mm512_maskz_loadu_epi32(0x0fff, from + 64); }

/* A plane with its halos: two groups before, seven, two after; those of halos are one lane further up or down. */
LBP_INLINE void store_haloed(uint8_t *to, __m512i first, __m512i last) {
    const __m512i above = _mm512_setr_epi32(0, 20, 21, 22, 0, 24, 25, 26, 0, 1, 2, 3, 4, 5, 6, 7);
    const __m512i below = _mm512_setr_epi32(24, 25, 26, 27, 1, 2, 3, 0, 5, 6, 7, 0, 0, 0, 0, 0);
    _mm512_storeu_si512(to - 32, _mm512_maskz_permutex2var_epi32(0xffee, first, above, last));
    _mm512_storeu_si512(to + 32, _mm512_alignr_epi64(last, first, 4));
    _mm512_storeu_si512(to + 96, _mm512_maskz_permutex2var_epi32(0x077f, first, below, last));
}

static __attribute__((noinline)) void encode_usual32(const int32_t *a, uint8_t *scratch) {
    const ptrdiff_t stride = a[6];
    const uint8_t *top = scratch + a[14];
    const __m512i first = load512(top), last = load_last(top);
    uint8_t *to = scratch + a[5];
    store_haloed(to + 3 * stride, first, last);
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) {
        const uint8_t *from = scratch + a[8 + 2 * i];
        store_haloed(to + i * stride, _mm512_and_si512(load512(from), first), _mm512_and_si512(load_last(from), last));
    }
}

/* A step of a comparison, by plane: the fourth is the gate's. */
LBP_INLINE __m512i usual_step(__m512i x, __m512i pivot, __m512i greater, int plane) {
    if (plane == 0) return _mm512_andnot_si512(pivot, x);
    if (plane == 3) return _mm512_ternarylogic_epi64(x, pivot, greater, 0xba); /* greater | (x & ~pivot) */
    return _mm512_ternarylogic_epi64(x, pivot, greater, 0xb2);                 /* greater_step */
}

/* Words have zeros beside their pixels, so that a rotation brings in the border (|dx| up to 4). */
static __attribute__((noinline)) void compare_usual32(const lbp_map *map, const int32_t *a, uint8_t *scratch) {
    const uint8_t *at = scratch + a[1];
    const ptrdiff_t stride = a[4];
    __m512i pivot[4][2];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
#pragma GCC unroll 2
        for (int k = 0; k < 2; k++)
            pivot[i][k] = _mm512_or_si512(load512(at + i * stride + 64 * k), load512(map->pad + 64 * k));
    const int32_t *user = a + 8, left = a[5], users = a[5] + a[6] + a[7];
    for (int32_t u = 0; u < users; u++, user += 3) {
        const uint8_t *sample = at + user[0];
        const __m512i by = _mm512_set1_epi32(u < left ? user[1] : -user[1]);
        uint8_t *out = scratch + user[2];
#pragma GCC unroll 2
        for (int k = 0; k < 2; k++, sample += 64, out += 64) {
            __m512i greater = _mm512_setzero_si512();
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++)
                greater = usual_step(_mm512_rolv_epi32(load512(sample + i * stride), by), pivot[i][k], greater, i);
            _mm512_storeu_si512(out, greater);
        }
    }
}

LBP_INLINE ptrdiff_t byte_plane_size(const lbp_bytes *b) {
    return (b->height + 2 * b->border) * b->pitch + LBP_VECTOR_MAX;
}

/* An image's plane of bytes (engine_bytes.h) of rows of 32: pixels and their border at once. */
LBP_INLINE void take_usual(const lbp_engine *e, const int32_t *a, const uint8_t *image, uint8_t *to) {
    const lbp_bytes *b = &e->bytes[a[2]];
    const __m256i top = _mm256_set1_epi8(-128);
    const __mmask32 pixels = (__mmask32)(((1ull << b->width) - 1) << b->border);
    const uint8_t *from = image + (size_t)a[0] * (size_t)(b->height * b->width) - b->border;
    for (int32_t r = -b->border; r < b->height + b->border; r++, to += 32) {
        const int inside = 0 <= r && r < b->height;
        const __m256i row = _mm256_maskz_loadu_epi8(inside ? pixels : 0, from);
        _mm256_storeu_si256((__m256i *)to, _mm256_xor_si256(row, top));
        if (inside) from += b->width;
    }
}

/* Two rows' bits at a time of a plane of bytes at `from`, its rows in the order of a map's words; map of `images` images
 * beside each other. */
LBP_INLINE void compare_rows28(const lbp_bytes *b, const lbp_op *op, const uint8_t *from, int images, uint8_t *scratch) {
    enum { ROW = 32, GROUP = 4 * ROW, HALO = 2 };
    uint8_t rows[(7 + 2 * HALO) * GROUP] __attribute__((aligned(64)));
    for (int32_t j = -b->border; j < 7 + b->border; j++)
#pragma GCC unroll 4
        for (int l = 0; l < 4; l++) {
            const __m256i row = _mm256_loadu_si256((const __m256i *)(from + (7 * l + j + b->border) * ROW));
            _mm256_store_si256((__m256i *)(rows + (j + HALO) * GROUP + l * ROW), row);
        }
    const uint8_t *pixels = rows + HALO * GROUP + b->border;
    for (int half = 0; half < 2; half++, pixels += 64) {
        __m512i pivot[7];
#pragma GCC unroll 7
        for (int j = 0; j < 7; j++) pivot[j] = load512(pixels + GROUP * j);
        for (int32_t i = 3; i < op->count; i += 3) {
            const uint8_t *sample = pixels + op->args[i] * GROUP + op->args[i + 1];
            uint8_t *to = scratch + images * (ptrdiff_t)op->args[i + 2] + 8 * half;
#pragma GCC unroll 7
            for (int j = 0; j < 7; j++) {
                const uint64_t bits = _mm512_mask_cmpgt_epi8_mask(0x0fffffff0fffffff, load512(sample + GROUP * j), pivot[j]);
                memcpy(to + 16 * images * j, &bits, 8);
            }
            if (images == 1) memset(to + 112, 0, 8);
        }
    }
}
static __attribute__((noinline)) void compare_bytes32(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {
    compare_rows28(&e->bytes[op->args[1]], op, scratch + op->args[0], 1, scratch);
}

LBP_INLINE __m512i ones_of_sevens(__m512i x) {
    const __m512i starts = _mm512_set1_epi64(0x352e2720150e0700), seven = _mm512_set1_epi8(0x7f);
    return _mm512_popcnt_epi8(_mm512_and_si512(_mm512_multishift_epi64_epi8(starts, x), seven));
}
LBP_INLINE __m512i twice(__m512i x) { return _mm512_add_epi8(x, x); }

/* Cells of a map. The values of two rows are five bits: the gate counts 1, the bits below it their weight. */
LBP_INLINE void pool_cells32(const lbp_engine *e, const int32_t *a, int from_bits, uint8_t *scratch) {
    const uint8_t *plane[4];
    find_planes(a, from_bits, 4, scratch, plane);
    const v64 gate = (v64)load512(plane[3]), gate2 = (v64)load_last(plane[3]);
    v64 carry = gate, bit[3];
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) {
        const v64 one = (v64)load512(plane[i]), two = (v64)load_last(plane[i]);
        const v64 x = from_bits ? one & gate : one, y = from_bits ? two & gate2 : two;
        bit[i] = xor3(x, y, carry);
        carry = majority(x, y, carry);
    }
    __m512i sum = ones_of_sevens((__m512i)carry);
    sum = _mm512_add_epi8(twice(sum), ones_of_sevens((__m512i)bit[2]));
    sum = _mm512_add_epi8(twice(sum), ones_of_sevens((__m512i)bit[1]));
    sum = _mm512_add_epi8(twice(sum), ones_of_sevens((__m512i)bit[0]));
    sum = _mm512_add_epi8(sum, ones_of_sevens((__m512i)gate2));
    _mm512_storeu_si512(scratch + e->feature_offset + (size_t)(a[3] / 16) * 64, sum);
}
/* Scores of `classes` classes from cells. */
LBP_INLINE void add_cells(const lbp_engine *e, const uint8_t *cells, int first, int classes, int32_t *scores) {
    const int8_t *weights = e->cell_weights + (size_t)first * 16;
    const size_t step = (size_t)e->classes * 16;
    __m512i sum[10];
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) sum[c] = _mm512_setzero_si512();
    for (int32_t map = e->features / 16; map > 0; map--, cells += 64, weights += step) {
        const __m512i x = load512(cells);
#pragma GCC unroll 10
        for (int c = 0; c < classes; c++) {
            const __m128i w = _mm_loadu_si128((const __m128i *)(weights + 16 * c));
            sum[c] = _mm512_dpbusd_epi32(sum[c], x, _mm512_broadcast_i32x4(w));
        }
    }
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) scores[first + c] = _mm512_reduce_add_epi32(sum[c]) + e->bias[first + c];
}

LBP_INLINE void score_cells(const lbp_engine *e, const uint8_t *cells, int32_t *scores) {
    int c = 0;
    for (; c + 10 <= e->classes; c += 10) add_cells(e, cells, c, 10, scores);
    for (; c < e->classes; c++) add_cells(e, cells, c, 1, scores);
}

#endif
