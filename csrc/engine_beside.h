/* Images beside each other, for plans all of whose maps are 28 x 28 (four images) or 14 x 14 pixels (eight), of the
 * shapes of engine_usual.h: a group of rows is a vector, an image its 16 or 8 bytes of it. Samples of other rows are
 * other vectors then, and no load crosses a line.
 *
 * The plan is that of one image with all offsets times the number of images. Bits beside pixels may be ones here:
 * whoever reads comparisons masks them. `images`, 4 or 8, is known to the compiler wherever it is passed.
 */
#ifndef LBP_ENGINE_BESIDE_H
#define LBP_ENGINE_BESIDE_H

enum { LBP_BESIDE_HALO = 2, LBP_BESIDE_ROWS = 7 };
LBP_INLINE int beside_rows(int images) { return images == 4 ? 7 : 4; }
LBP_INLINE int beside_planes(int images) { return images == 4 ? 4 : 3; }

/* Ones where row j of the lanes has pixels: lanes of 4 rows have but 14 in all. */
LBP_INLINE v64 beside_pixels(int images, int j) {
    return (v64)_mm512_set1_epi64(images == 4 ? 0x0fffffff0fffffff : j < 2 ? 0x3fff3fff3fff3fff : 0x00003fff3fff3fff);
}

LBP_INLINE void beside_fill(const int32_t *a, int images, uint8_t *scratch) {
    for (int j = 0; j < beside_rows(images); j++)
        _mm512_storeu_si512(scratch + images * (ptrdiff_t)a[0] + 64 * j, _mm512_set1_epi32(a[2] ? -1 : 0));
}

/* Planes of bytes of each image, one after the other; images past the last are the last once more. */
LBP_INLINE void beside_images(const lbp_engine *e, const int32_t *a, const uint8_t *image, int count, int images,
                              uint8_t *scratch) {
    const size_t size = (size_t)(e->channels * e->height * e->width);
    const ptrdiff_t apart = byte_plane_size(&e->bytes[a[2]]);
    for (int n = 0; n < images; n++)
        take_usual(e, a, image + (size_t)(n < count ? n : count - 1) * size, scratch + images * (ptrdiff_t)a[1] + n * apart);
}

LBP_INLINE void beside_shrink(const lbp_engine *e, const int32_t *a, int images, uint8_t *scratch) {
    const lbp_bytes *in = &e->bytes[a[1]], *out = &e->bytes[a[3]];
    for (int n = 0; n < images; n++)
        shrink_usual(in, scratch + images * (ptrdiff_t)a[0] + n * byte_plane_size(in), out,
                     scratch + images * (ptrdiff_t)a[2] + n * byte_plane_size(out));
}

LBP_INLINE void beside_compare_bytes(const lbp_engine *e, const lbp_op *op, int images, uint8_t *scratch) {
    const lbp_bytes *b = &e->bytes[op->args[1]];
    const uint8_t *from = scratch + images * (ptrdiff_t)op->args[0];
    for (int n = 0; n < images; n++, from += byte_plane_size(b)) {
        if (images == 4)
            compare_rows28(b, op, from, images, scratch + 16 * n);
        else
            compare_rows14(b, op, from, images, scratch + 8 * n);
    }
}

/* Row j of gated planes from bits. */
LBP_INLINE void beside_gate(const int32_t *from, const uint8_t *scratch, int images, int j, v64 *x) {
    const int gate = beside_planes(images) - 1;
#pragma GCC unroll 4
    for (int i = gate; i >= 0; i--)
        x[i] = load(scratch + images * (ptrdiff_t)from[2 * i] + 64 * j) & (i == gate ? beside_pixels(images, j) : x[gate]);
}

/* The rows above and below a lane are those of the lanes beside. */
LBP_INLINE void beside_store(v64 x, int images, int j, uint8_t *row) {
    const __m512i v = (__m512i)x;
    const int rows = beside_rows(images);
    store(row, x);
    if (j < LBP_BESIDE_HALO)
        _mm512_storeu_si512(row + 64 * rows, images == 4 ? _mm512_bsrli_epi128(v, 4) : _mm512_srli_epi64(v, 16));
    if (j >= rows - LBP_BESIDE_HALO)
        _mm512_storeu_si512(row - 64 * rows, images == 4 ? _mm512_bslli_epi128(v, 4) : _mm512_slli_epi64(v, 16));
}

LBP_INLINE __m512i beside_shift(__m512i x, __m512i by, int direction, int images) {
    if (direction == 0) return x;
    if (images == 4) return direction < 0 ? _mm512_rolv_epi32(x, by) : _mm512_rorv_epi32(x, by);
    return direction < 0 ? _mm512_sllv_epi16(x, by) : _mm512_srlv_epi16(x, by);
}

/* `rows` groups of pivots with `users` samples. */
LBP_INLINE const int32_t *beside_users(const uint8_t *at, ptrdiff_t stride, int images, int rows, __m512i (*pivot)[4],
                                       const int32_t *user, int32_t users, int direction, int gated, uint8_t *to) {
    const int planes = beside_planes(images);
    for (int32_t u = 0; u < users; u++, user += 3) {
        const uint8_t *sample = at + images * (ptrdiff_t)user[0];
        uint8_t *out = to + images * (ptrdiff_t)user[2];
        const __m512i by = images == 4 ? _mm512_set1_epi32(user[1]) : _mm512_set1_epi16((short)user[1]);
#pragma GCC unroll 4
        for (int j = 0; j < rows; j++, sample += 64, out += 64) {
            __m512i greater = _mm512_setzero_si512();
#pragma GCC unroll 4
            for (int i = 0; i < planes; i++) {
                const __m512i x = beside_shift(load512(sample + i * stride), by, direction, images);
                greater = usual_step(x, pivot[j][i], greater, i, planes, gated);
            }
            _mm512_storeu_si512(out, greater);
        }
    }
    return user;
}

/* `rows` rows from `first` on: their pivots fit the registers. */
LBP_INLINE void beside_compare(const int32_t *a, int images, int gated, int first, int rows, uint8_t *scratch) {
    const uint8_t *at = scratch + images * (ptrdiff_t)a[1] + 64 * first;
    const ptrdiff_t stride = images * (ptrdiff_t)a[4];
    __m512i pivot[4][4];
#pragma GCC unroll 4
    for (int j = 0; j < rows; j++)
#pragma GCC unroll 4
        for (int i = 0; i < beside_planes(images); i++) pivot[j][i] = load512(at + i * stride + 64 * j);
    uint8_t *to = scratch + 64 * first;
    const int32_t *user = beside_users(at, stride, images, rows, pivot, a + 8, a[5], -1, gated, to);
    user = beside_users(at, stride, images, rows, pivot, user, a[6], 0, gated, to);
    beside_users(at, stride, images, rows, pivot, user, a[7], 1, gated, to);
}

/* The sum of a map's rows so far, as numbers whose bits are vectors: planes', and what each row carried above them. */
typedef struct {
    v64 level[3], waiting, above[LBP_BESIDE_ROWS];
} beside_sum;

#define LBP_ADD(carry, sum, x, y) \
    { const v64 s_ = sum, x_ = x, y_ = y; sum = xor3(s_, x_, y_), carry = majority(s_, x_, y_); }

/* Adds row j of gated planes; the gate counts 1. */
LBP_INLINE void beside_add_row(beside_sum *s, int images, int j, const v64 *x) {
    const int gate = beside_planes(images) - 1;
    if (j == 0) {
        s->level[0] = x[gate];
#pragma GCC unroll 3
        for (int i = 1; i < gate; i++) s->level[i] = x[i];
    } else {
        v64 carry;
        LBP_ADD(carry, s->level[0], s->waiting, x[gate]);
#pragma GCC unroll 3
        for (int i = 1; i < gate; i++) LBP_ADD(carry, s->level[i], carry, x[i]);
        s->above[j - 1] = carry;
    }
    s->waiting = x[0];
}
LBP_INLINE void beside_end_rows(beside_sum *s, int images) {
    v64 carry = s->waiting;
#pragma GCC unroll 3
    for (int i = 0; i < beside_planes(images) - 1; i++) {
        const v64 both = s->level[i] & carry;
        s->level[i] ^= carry, carry = both;
    }
    s->above[beside_rows(images) - 1] = carry;
}

#include "engine_beside_cells.h"

/* Seven bits as a number of three. */
LBP_INLINE void add_seven(const v64 *x, v64 *bit) {
    v64 sum = x[0], carry[3];
    LBP_ADD(carry[0], sum, x[1], x[2]);
    LBP_ADD(carry[1], sum, x[3], x[4]);
    LBP_ADD(carry[2], sum, x[5], x[6]);
    bit[0] = sum, bit[1] = xor3(carry[0], carry[1], carry[2]), bit[2] = majority(carry[0], carry[1], carry[2]);
}

/* Planes of packed bits of four images, stored by an ENCODE's arguments if there are any, and their sums. */
LBP_INLINE void beside_packed(const lbp_engine *e, const int32_t *from, const int32_t *encode, int32_t feature,
                              uint8_t *scratch) {
    __m512i ones[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        v64 x[LBP_BESIDE_ROWS], bit[3];
#pragma GCC unroll 7
        for (int j = 0; j < LBP_BESIDE_ROWS; j++) {
            x[j] = load(scratch + 4 * (ptrdiff_t)from[2 * i] + 64 * j) & beside_pixels(4, j);
            if (encode) beside_store(x[j], 4, j, scratch + 4 * (encode[5] + i * (ptrdiff_t)encode[6]) + 64 * j);
        }
        add_seven(x, bit);
        ones[i] = add_ones(add_ones(ones_of_sevens((__m512i)bit[2]), bit[1]), bit[0]);
    }
    if (feature >= 0) cells_of_packed(e, ones, feature, scratch + 4 * e->feature_offset);
}

LBP_INLINE void beside_encode(const lbp_engine *e, const lbp_op *op, int images, int gated, uint8_t *scratch) {
    const int32_t *a = op->args;
    if (!gated) {
        beside_packed(e, a + 8, a, op->feature, scratch);
        return;
    }
    beside_sum sum;
#pragma GCC unroll 7
    for (int j = 0; j < beside_rows(images); j++) {
        v64 x[4];
        beside_gate(a + 8, scratch, images, j, x);
#pragma GCC unroll 4
        for (int i = 0; i < beside_planes(images); i++)
            beside_store(x[i], images, j, scratch + images * (a[5] + i * (ptrdiff_t)a[6]) + 64 * j);
        beside_add_row(&sum, images, j, x);
    }
    if (op->feature >= 0) beside_cells(e, &sum, images, op->feature, scratch);
}

LBP_INLINE void beside_pool_bits(const lbp_engine *e, const int32_t *a, int images, int gated, uint8_t *scratch) {
    if (!gated) {
        beside_packed(e, a + 4, NULL, a[3], scratch);
        return;
    }
    beside_sum sum;
#pragma GCC unroll 7
    for (int j = 0; j < beside_rows(images); j++) {
        v64 x[4];
        beside_gate(a + 4, scratch, images, j, x);
        beside_add_row(&sum, images, j, x);
    }
    beside_cells(e, &sum, images, a[3], scratch);
}

/* Functions of their own, so that each has the registers for itself. */
#define LBP_BESIDE(name, images, gated)                                                                                   \
    static __attribute__((noinline)) void encode_##name(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {    \
        beside_encode(e, op, images, gated, scratch);                                                                \
    }                                                                                                                \
    static __attribute__((noinline)) void pool_##name(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {      \
        beside_pool_bits(e, op->args, images, gated, scratch);                                                       \
    }                                                                                                                \
    static __attribute__((noinline)) void compare_##name(const lbp_op *op, uint8_t *scratch) {                       \
        beside_compare(op->args, images, gated, 0, 4, scratch);                                                      \
        if (images == 4) beside_compare(op->args, images, gated, 4, 3, scratch);                                     \
    }                                                                                                                \
    static __attribute__((noinline)) void compare_bytes_##name(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) { \
        beside_compare_bytes(e, op, images, scratch);                                                                \
    }
LBP_BESIDE(four, 4, 1)
LBP_BESIDE(four_packed, 4, 0)
LBP_BESIDE(eight, 8, 1)
#undef LBP_BESIDE

LBP_INLINE void beside_op(const lbp_engine *e, const lbp_op *op, const uint8_t *image, int count, int images,
                          uint8_t *scratch) {
    const int32_t *a = op->args;
    const int packed = !e->gated;
    switch (op->kind) {
        case LBP_OP_IMAGE: beside_images(e, a, image, count, images, scratch); break;
        case LBP_OP_SHRINK: beside_shrink(e, a, images, scratch); break;
        case LBP_OP_FILL: beside_fill(a, images, scratch); break;
        case LBP_OP_BYTE_COMPARE: (images == 4 ? compare_bytes_four : compare_bytes_eight)(e, op, scratch); break;
        case LBP_OP_ENCODE: (images == 8 ? encode_eight : packed ? encode_four_packed : encode_four)(e, op, scratch); break;
        case LBP_OP_COMPARE: (images == 8 ? compare_eight : packed ? compare_four_packed : compare_four)(op, scratch); break;
        case LBP_OP_POOL_BITS: (images == 8 ? pool_eight : packed ? pool_four_packed : pool_four)(e, op, scratch); break;
        default: break; /* POOL: done by ENCODE */
    }
}

static __attribute__((noinline)) void run_four(const lbp_engine *e, const uint8_t *images, int count, int32_t *scores,
                                               uint8_t *scratch) {
    for (int32_t i = 0; i < e->op_count; i++) beside_op(e, &e->ops[i], images, count, 4, scratch);
    score_four(e, count, scores, scratch);
}
static __attribute__((noinline)) void run_eight(const lbp_engine *e, const uint8_t *images, int count, int32_t *scores,
                                                uint8_t *scratch) {
    for (int32_t i = 0; i < e->op_count; i++) beside_op(e, &e->ops[i], images, count, 8, scratch);
    score_eight(e, count, scores, scratch);
}

/* Runs as many images as are beside each other, or fewer; returns how many. Two of four are faster one by one. */
static size_t run_beside(const lbp_engine *e, const uint8_t *images, size_t count, int32_t *scores, uint8_t *scratch) {
    if (count < (e->beside == 4 ? 3 : 2)) return 0;
    const size_t some = count < (size_t)e->beside ? count : (size_t)e->beside;
    if (e->beside == 4)
        run_four(e, images, (int)some, scores, scratch);
    else
        run_eight(e, images, (int)some, scores, scratch);
    return some;
}

#endif
