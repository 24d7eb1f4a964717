/* The usual shapes of 28 x 28 pixels (engine_usual.h) in AVX-512: a plane is two vectors, its halos a part of a third.
 *
 * Pooled sums stay as cells here, two maps in 64 bytes: 16 of the first, 16 of the second, each a part of the sum of a
 * window, and the rest of the sums so again; of packed bits the parts are those of the lower two and of the upper two
 * bits. Scores multiply cells by weights, so that no cells are added up before.
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

/* A step of a comparison, by plane: the last may be a gate's. */
LBP_INLINE __m512i usual_step(__m512i x, __m512i pivot, __m512i greater, int plane, int planes, int gated) {
    if (plane == 0) return _mm512_andnot_si512(pivot, x);
    if (gated && plane == planes - 1) return _mm512_ternarylogic_epi64(x, pivot, greater, 0xba); /* greater | (x & ~pivot) */
    return _mm512_ternarylogic_epi64(x, pivot, greater, 0xb2);                 /* greater_step */
}

/* Words have zeros beside their pixels, so that a rotation brings in the border (|dx| up to 4). `masked`: whoever reads
 * comparisons masks what is no pixel; else pivots are larger than anything there. */
LBP_INLINE void compare_planes28(const lbp_map *map, const int32_t *a, int masked, int gated, uint8_t *scratch) {
    const uint8_t *at = scratch + a[1];
    const ptrdiff_t stride = a[4];
    __m512i pivot[4][2];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
#pragma GCC unroll 2
        for (int k = 0; k < 2; k++) {
            pivot[i][k] = load512(at + i * stride + 64 * k);
            if (!masked) pivot[i][k] = _mm512_or_si512(pivot[i][k], load512(map->pad + 64 * k));
        }
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
                greater = usual_step(_mm512_rolv_epi32(load512(sample + i * stride), by), pivot[i][k], greater, i, 4, gated);
            _mm512_storeu_si512(out, greater);
        }
    }
}
static __attribute__((noinline)) void compare_gated28(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    if (e->beside)
        compare_planes28(NULL, a, 1, 1, scratch);
    else
        compare_planes28(&e->maps[a[0]], a, 0, 1, scratch);
}
static __attribute__((noinline)) void compare_packed28(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    if (e->beside)
        compare_planes28(NULL, a, 1, 0, scratch);
    else
        compare_planes28(&e->maps[a[0]], a, 0, 0, scratch);
}
static void compare_usual32(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    (a[3] ? compare_gated28 : compare_packed28)(e, a, scratch);
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
    /* Of the last row a load to the right reaches past it, into columns that no bit is taken of. */
    uint8_t rows[(7 + 2 * HALO) * GROUP + LBP_VECTOR_MAX] __attribute__((aligned(64)));
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

/* Averages of 2 x 2 pixels, from rows of 32 bytes to rows of 32 bytes with their border. */
LBP_INLINE void shrink_usual(const lbp_bytes *in, const uint8_t *from, const lbp_bytes *out, uint8_t *to) {
    const __m256i top = _mm256_set1_epi8(-128), one = _mm256_set1_epi8(1);
    const __mmask16 pixels = (__mmask16)((1u << out->width) - 1);
    clear_border(out, to);
    from += in->border * 33, to += out->border * 33;
    for (int32_t r = 0; r < out->height; r++, from += 64, to += 32) {
        const __m256i above = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)from), top);
        const __m256i below = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(from + 32)), top);
        const __m256i sum = _mm256_add_epi16(_mm256_maddubs_epi16(above, one), _mm256_maddubs_epi16(below, one));
        const __m128i bytes = _mm256_cvtepi16_epi8(_mm256_srli_epi16(sum, 2));
        _mm_mask_storeu_epi8(to, pixels, _mm_xor_si128(bytes, _mm256_castsi256_si128(top)));
    }
}

/* As compare_rows28: rows of 14 in 16 bytes, so that four rows' bits are a group of a map. */
LBP_INLINE void compare_rows14(const lbp_bytes *b, const lbp_op *op, const uint8_t *from, int images, uint8_t *scratch) {
    enum { GROUP = 64, HALO = 2 };
    uint8_t rows[(1 + 4 + 2 * HALO + 1) * GROUP] __attribute__((aligned(64)));
    uint8_t *first = rows + (1 + HALO) * GROUP;
    memset(first - HALO * GROUP - 16, 0x80, 16);
    memset(first + (4 + HALO) * GROUP, 0x80, 16);
    from += b->border * 33;
#pragma GCC unroll 8
    for (int32_t j = -HALO; j < 4 + HALO; j++)
#pragma GCC unroll 4
        for (int l = 0; l < 4; l++) {
            const int row = 4 * l + j, inside = 0 <= row && row < 14;
            const __m128i x = inside ? _mm_loadu_si128((const __m128i *)(from + row * 32)) : _mm_set1_epi8(-128);
            _mm_store_si128((__m128i *)(first + j * GROUP + l * 16), x);
        }
    __m512i pivot[4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) pivot[j] = load512(first + GROUP * j);
    for (int32_t i = 3; i < op->count; i += 3) {
        const uint8_t *sample = first + op->args[i] * GROUP + op->args[i + 1];
        uint8_t *to = scratch + images * (ptrdiff_t)op->args[i + 2];
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            const __mmask64 valid = j < 2 ? 0x3fff3fff3fff3fff : 0x00003fff3fff3fff;
            const uint64_t bits = _mm512_mask_cmpgt_epi8_mask(valid, load512(sample + GROUP * j), pivot[j]);
            memcpy(to + 8 * images * j, &bits, 8);
        }
    }
}

LBP_INLINE __m512i ones_of_sevens(__m512i x) {
    const __m512i starts = _mm512_set1_epi64(0x352e2720150e0700), seven = _mm512_set1_epi8(0x7f);
    return _mm512_popcnt_epi8(_mm512_and_si512(_mm512_multishift_epi64_epi8(starts, x), seven));
}
/* The ones of each window, twice what came before and theirs. */
LBP_INLINE __m512i add_ones(__m512i sum, v64 x) {
    return _mm512_add_epi8(_mm512_add_epi8(sum, sum), ones_of_sevens((__m512i)x));
}

/* Cells of a map of gated planes (first and last part): the values of two rows are five bits; the gate counts 1. */
LBP_INLINE void pool_halves(const lbp_engine *e, v64 (*plane)[2], int32_t feature, uint8_t *scratch) {
    v64 carry = plane[3][0], bit[3];
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) {
        bit[i] = xor3(plane[i][0], plane[i][1], carry);
        carry = majority(plane[i][0], plane[i][1], carry);
    }
    __m512i sum = add_ones(add_ones(add_ones(ones_of_sevens((__m512i)carry), bit[2]), bit[1]), bit[0]);
    sum = _mm512_add_epi8(sum, ones_of_sevens((__m512i)plane[3][1]));
    /* No byte overflows: 4 * 7 * 8 at most. */
    const __m256i half = _mm256_add_epi8(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
    uint8_t *cells = scratch + e->feature_offset + feature / 32 * 64 + feature % 32;
    _mm_storeu_si128((__m128i *)cells, _mm256_castsi256_si128(half));
    _mm_storeu_si128((__m128i *)(cells + 32), _mm256_extracti128_si256(half, 1));
}

/* Cells of a map of packed bits: the sums of the lower two, and of the upper two in units of 4; 7 * 7 * 3 at most. */
LBP_INLINE void pool_pairs(const lbp_engine *e, v64 (*plane)[2], int32_t feature, uint8_t *scratch) {
    uint8_t *cells = scratch + e->feature_offset + feature / 32 * 64 + feature % 32;
    __m512i ones[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        ones[i] = _mm512_add_epi8(ones_of_sevens((__m512i)plane[i][0]), ones_of_sevens((__m512i)plane[i][1]));
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        const __m512i sum = _mm512_add_epi8(ones[2 * i], _mm512_add_epi8(ones[2 * i + 1], ones[2 * i + 1]));
        const __m256i half = _mm256_add_epi8(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
        const __m128i all = _mm_add_epi8(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
        _mm_storeu_si128((__m128i *)(cells + 32 * i), all);
    }
}

LBP_INLINE void pool_plane_halves(const lbp_engine *e, v64 (*plane)[2], int gated, int32_t feature, uint8_t *scratch) {
    if (gated)
        pool_halves(e, plane, feature, scratch);
    else
        pool_pairs(e, plane, feature, scratch);
}

/* Planes from bits: gated ones, or the bits of pixels. */
LBP_INLINE void take_halves(const int32_t *from, const uint8_t *scratch, int gated, v64 (*plane)[2]) {
    const v64 pixels = (v64)_mm512_set1_epi32(0x0fffffff);
#pragma GCC unroll 4
    for (int i = 3; i >= 0; i--) {
        const int masks = gated && i < 3;
        plane[i][0] = (v64)load512(scratch + from[2 * i]) & (masks ? plane[3][0] : pixels);
        plane[i][1] = (v64)load_last(scratch + from[2 * i]) & (masks ? plane[3][1] : pixels);
    }
}

LBP_INLINE void encode_halves(const lbp_engine *e, const lbp_op *op, int gated, uint8_t *scratch) {
    const int32_t *a = op->args;
    v64 plane[4][2];
    take_halves(a + 8, scratch, gated, plane);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        store_haloed(scratch + a[5] + i * (ptrdiff_t)a[6], (__m512i)plane[i][0], (__m512i)plane[i][1]);
    if (e->cells && op->feature >= 0) pool_plane_halves(e, plane, gated, op->feature, scratch);
}
static __attribute__((noinline)) void encode_gated28(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {
    encode_halves(e, op, 1, scratch);
}
static __attribute__((noinline)) void encode_packed28(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {
    encode_halves(e, op, 0, scratch);
}
static void encode_usual32(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {
    (op->args[1] == LBP_CODE_GATED ? encode_gated28 : encode_packed28)(e, op, scratch);
}

LBP_INLINE void pool_plane_cells(const lbp_engine *e, const int32_t *a, int from_bits, int gated, uint8_t *scratch) {
    v64 plane[4][2];
    if (from_bits) {
        take_halves(a + 4, scratch, gated, plane);
    } else {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            plane[i][0] = (v64)load512(scratch + a[4] + i * (ptrdiff_t)a[6]);
            plane[i][1] = (v64)load_last(scratch + a[4] + i * (ptrdiff_t)a[6]);
        }
    }
    pool_plane_halves(e, plane, gated, a[3], scratch);
}
static __attribute__((noinline)) void pool_cells32(const lbp_engine *e, const int32_t *a, int from_bits, uint8_t *scratch) {
    if (a[2])
        pool_plane_cells(e, a, from_bits, 1, scratch);
    else
        pool_plane_cells(e, a, from_bits, 0, scratch);
}

/* Scores of `classes` classes from cells; of packed bits the second half of a vector counts by fours. */
LBP_INLINE void add_cells(const lbp_engine *e, const uint8_t *cells, int first, int classes, int32_t *scores) {
    const int8_t *weights = e->cell_weights + (size_t)first * 32;
    const size_t step = (size_t)e->sums * 32;
    const __m512i by_fours = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi32(e->gated ? 0 : 2), 1);
    __m512i sum[10];
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) sum[c] = _mm512_setzero_si512();
    for (int32_t pair = (e->features + 31) / 32; pair > 0; pair--, cells += 64, weights += step) {
        const __m512i x = load512(cells);
#pragma GCC unroll 10
        for (int c = 0; c < classes; c++) {
            const __m256i w = _mm256_loadu_si256((const __m256i *)(weights + 32 * c));
            sum[c] = _mm512_dpbusd_epi32(sum[c], x, _mm512_broadcast_i64x4(w));
        }
    }
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) {
        const __m512i parts = _mm512_sllv_epi32(sum[c], by_fours);
        scores[first + c] = (int32_t)((uint32_t)_mm512_reduce_add_epi32(parts) + (uint32_t)e->bias[first + c]);
    }
}

LBP_INLINE void score_cells(const lbp_engine *e, const uint8_t *cells, int32_t *scores) {
    int c = 0;
    for (; c + 10 <= e->sums; c += 10) add_cells(e, cells, c, 10, scores);
    for (; c < e->sums; c++) add_cells(e, cells, c, 1, scores);
}

#endif
