/* Ops of usual shapes, whose lengths the compiler knows: maps of 28 x 28 and 14 x 14 pixels, 4 x 4 windows. */
#ifndef LBP_ENGINE_USUAL_H
#define LBP_ENGINE_USUAL_H

#if !defined(LBP_USUAL512)
/* The rows above and below a plane of four lanes of 7 rows: those of the lanes beside. */
#if defined(__AVX2__) && LBP_VB == 32
LBP_INLINE void store_halos32(const v64 *rows, uint8_t *to) {
    const __m256i last = _mm256_permute2x128_si256((__m256i)rows[2], (__m256i)rows[3], 0x21);
    store(to - 32, (v64)_mm256_slli_si256(last, 4));
    store(to + 112, (v64)_mm256_srli_si256((__m256i)rows[0], 4));
}
#else
LBP_INLINE void store_halos32(const v64 *rows, uint8_t *to) {
    (void)rows;
    for (int i = 0; i < 2; i++) {
        uint64_t first[2], last[2];
        memcpy(first, to + 16 * i, 16);
        memcpy(last, to + 80 + 16 * i, 16);
        const uint64_t after[2] = {first[0] >> 32 | first[1] << 32, first[1] >> 32};
        const uint64_t before[2] = {last[0] << 32, last[1] << 32 | last[0] >> 32};
        memcpy(to + 112 + 16 * i, after, 16);
        memcpy(to - 32 + 16 * i, before, 16);
    }
}
#endif

/* Codes of 28 x 28 pixels, with the rows of the neighbouring lanes above and below. */
LBP_INLINE void encode_rows28(const int32_t *a, int gated, uint8_t *scratch) {
    enum { VECTORS = 128 / LBP_VB };
    v64 rows[4][VECTORS];
    uint8_t *to = scratch + a[5];
    for (int i = 3; i >= 0; i--) {
        const uint8_t *from = scratch + a[8 + 2 * i];
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            rows[i][v] = load(from + v * LBP_VB);
            if (gated && i < 3) rows[i][v] &= rows[3][v];
            store(to + i * (ptrdiff_t)a[6] + v * LBP_VB, rows[i][v]);
        }
        store_halos32(rows[i], to + i * (ptrdiff_t)a[6]);
    }
}

static __attribute__((noinline)) void encode_usual32(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {
    (void)e;
    if (op->args[1] == LBP_CODE_GATED)
        encode_rows28(op->args, 1, scratch);
    else
        encode_rows28(op->args, 0, scratch);
}

static void take_usual(const lbp_engine *e, const int32_t *a, const uint8_t *image, uint8_t *to) {
    take_image(e, a, image, to - a[1]);
}
static void compare_usual32(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    compare32(&e->maps[a[0]], a, scratch);
}
#endif

/* The same of 14 x 14 pixels in lanes of 16 bits. */
static __attribute__((noinline)) void encode_usual16(const int32_t *a, uint8_t *scratch) {
    typedef uint64_t v256 __attribute__((vector_size(32)));
    v256 gate = {0};
    for (int i = 2; i >= 0; i--) {
        uint8_t *to = scratch + a[5] + i * (ptrdiff_t)a[6];
        v256 rows;
        memcpy(&rows, scratch + a[8 + 2 * i], 32);
        if (i == 2) gate = rows;
        rows &= gate;
        memcpy(to, &rows, 32);
        const v256 after = rows >> 16, before = rows << 16;
        memcpy(to + 32, &after, 16);
        memcpy(to - 16, (const uint8_t *)&before + 16, 16);
    }
}

/* A word of comparisons of each row, rows 32 bytes apart. */
LBP_INLINE void compare_usual(const lbp_op *op, const uint8_t *from, int word_bytes, int height, int rows, uint8_t *scratch) {
    const uint32_t valid = (1u << height) - 1; /* as wide as high */
    for (int32_t i = 3; i < op->count; i += 3) {
        const ptrdiff_t offset = op->args[i] * 32 + op->args[i + 1];
        uint8_t *to = scratch + op->args[i + 2];
#pragma GCC unroll 4
        for (int l = 0; l < 4; l++)
#pragma GCC unroll 7
            for (int j = 0; j < rows; j++) {
                const uint8_t *row = from + (l * rows + j) * 32;
                const uint32_t bits = l * rows + j < height ? (uint32_t)compare_columns(row, row + offset, 8 * word_bytes, valid) : 0;
                memcpy(to + (j * 4 + l) * word_bytes, &bits, (size_t)word_bytes);
            }
    }
}
#if !defined(LBP_USUAL512)
static __attribute__((noinline)) void compare_bytes32(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {
    compare_usual(op, first_pixel(&e->bytes[op->args[1]], scratch + op->args[0]), 4, 28, 7, scratch);
}
#endif
static __attribute__((noinline)) void compare_bytes16(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {
    compare_usual(op, first_pixel(&e->bytes[op->args[1]], scratch + op->args[0]), 2, 14, 4, scratch);
}

static __attribute__((noinline)) void pool_packed32(const lbp_engine *e, const int32_t *a, int from_bits, uint8_t *scratch) {
    const uint8_t *plane[4];
    find_planes(a, from_bits, 4, scratch, plane);
    pool32(e, &e->maps[a[0]], plane, 4, 0, 0, (uint16_t *)(scratch + e->feature_offset) + a[3]);
}
LBP_INLINE void pool_usual32(const lbp_engine *e, const int32_t *a, int from_bits, uint8_t *scratch) {
#if defined(LBP_USUAL512)
    if (e->cells) {
        pool_cells32(e, a, from_bits, scratch);
        return;
    }
#endif
    if (!a[2]) {
        pool_packed32(e, a, from_bits, scratch);
        return;
    }
    const uint8_t *plane[4];
    find_planes(a, from_bits, 4, scratch, plane);
    uint16_t *out = (uint16_t *)(scratch + e->feature_offset) + a[3];
    pool_planes32(e, &e->maps[a[0]], plane, 4, 1, from_bits, 6, 128 / LBP_VB, 8, out);
}
static __attribute__((noinline)) void pool_maps32(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {
#if defined(LBP_USUAL512)
    if (op->pooled && e->cells) return;
#endif
    pool_usual32(e, op->args, 0, scratch);
}
static __attribute__((noinline)) void pool_bits32(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    pool_usual32(e, a, 1, scratch);
}

LBP_INLINE void pool_usual16(const lbp_engine *e, const int32_t *a, int from_bits, uint8_t *scratch) {
    const uint8_t *plane[3];
    find_planes(a, from_bits, 3, scratch, plane);
    uint16_t *out = (uint16_t *)(scratch + e->feature_offset) + a[3];
    enum { VECTORS = LBP_VB < 32 ? 32 / LBP_VB : 1 };
    pool_planes16(e, &e->maps[a[0]], plane, 3, 1, from_bits, VECTORS > 1 ? 4 : 3, VECTORS, 4, out);
}
static __attribute__((noinline)) void pool_maps16(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    pool_usual16(e, a, 0, scratch);
}
static __attribute__((noinline)) void pool_bits16(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    pool_usual16(e, a, 1, scratch);
}
#endif
