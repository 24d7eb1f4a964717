/* Four images beside each other, for plans all of whose maps are 28 x 28 (engine_usual512.h): a group of rows is a
 * vector, image n its 16 bytes from 16 n. Samples of other rows are other vectors then, and no load crosses a line.
 *
 * The plan is that of one image with all offsets times 4. Bits beside pixels may be ones here: whoever reads
 * comparisons masks them.
 */
#ifndef LBP_ENGINE_QUADS_H
#define LBP_ENGINE_QUADS_H

enum { QUAD = 4, QUAD_ROWS = 7, QUAD_HALO = 2 };

static void quad_fill(const int32_t *a, uint8_t *scratch) {
    for (int j = 0; j < QUAD_ROWS; j++)
        _mm512_storeu_si512(scratch + QUAD * (ptrdiff_t)a[0] + 64 * j, _mm512_set1_epi32(a[2] ? -1 : 0));
}

static void quad_images(const lbp_engine *e, const lbp_op *op, const uint8_t *images, uint8_t *scratch) {
    const size_t size = (size_t)(e->channels * e->height * e->width);
    const ptrdiff_t apart = byte_plane_size(&e->bytes[op->args[2]]);
    uint8_t *to = scratch + QUAD * (ptrdiff_t)op->args[1];
    for (int n = 0; n < QUAD; n++) take_usual(e, op->args, images + n * size, to + n * apart);
}

static void quad_compare_bytes(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {
    const lbp_bytes *b = &e->bytes[op->args[1]];
    const uint8_t *from = scratch + QUAD * (ptrdiff_t)op->args[0];
    for (int n = 0; n < QUAD; n++) compare_rows28(b, op, from + n * byte_plane_size(b), QUAD, scratch + 16 * n);
}

static __attribute__((noinline)) void quad_encode(const int32_t *a, uint8_t *scratch) {
    const uint8_t *from[4];
    uint8_t *to = scratch + QUAD * (ptrdiff_t)a[5];
    const ptrdiff_t stride = QUAD * (ptrdiff_t)a[6];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) from[i] = scratch + QUAD * (ptrdiff_t)a[8 + 2 * i];
#pragma GCC unroll 7
    for (int j = 0; j < QUAD_ROWS; j++) {
        const __m512i gate = _mm512_and_si512(load512(from[3] + 64 * j), _mm512_set1_epi32(0x0fffffff));
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            uint8_t *row = to + i * stride + 64 * j;
            const __m512i x = i == 3 ? gate : _mm512_and_si512(load512(from[i] + 64 * j), gate);
            _mm512_storeu_si512(row, x);
            /* The rows above and below a lane are those of the lanes beside. */
            if (j < QUAD_HALO) _mm512_storeu_si512(row + 64 * QUAD_ROWS, _mm512_bsrli_epi128(x, 4));
            if (j >= QUAD_ROWS - QUAD_HALO) _mm512_storeu_si512(row - 64 * QUAD_ROWS, _mm512_bslli_epi128(x, 4));
        }
    }
}

/* `rows` groups of pivots with `users` samples. */
LBP_INLINE const int32_t *quad_users(const uint8_t *at, ptrdiff_t stride, int rows, __m512i (*pivot)[4],
                                     const int32_t *user, int32_t users, int direction, uint8_t *to) {
    for (int32_t u = 0; u < users; u++, user += 3) {
        const uint8_t *sample = at + QUAD * (ptrdiff_t)user[0];
        uint8_t *out = to + QUAD * (ptrdiff_t)user[2];
        const __m512i by = _mm512_set1_epi32(direction < 0 ? user[1] : -user[1]);
#pragma GCC unroll 4
        for (int j = 0; j < rows; j++, sample += 64, out += 64) {
            __m512i greater = _mm512_setzero_si512();
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                const __m512i plane = load512(sample + i * stride);
                greater = usual_step(direction ? _mm512_rolv_epi32(plane, by) : plane, pivot[j][i], greater, i);
            }
            _mm512_storeu_si512(out, greater);
        }
    }
    return user;
}

LBP_INLINE void quad_compare_rows(const int32_t *a, int first, int rows, uint8_t *scratch) {
    const uint8_t *at = scratch + QUAD * (ptrdiff_t)a[1] + 64 * first;
    const ptrdiff_t stride = QUAD * (ptrdiff_t)a[4];
    __m512i pivot[4][4];
#pragma GCC unroll 4
    for (int j = 0; j < rows; j++)
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) pivot[j][i] = load512(at + i * stride + 64 * j);
    uint8_t *to = scratch + 64 * first;
    const int32_t *user = quad_users(at, stride, rows, pivot, a + 8, a[5], -1, to);
    user = quad_users(at, stride, rows, pivot, user, a[6], 0, to);
    quad_users(at, stride, rows, pivot, user, a[7], 1, to);
}
static __attribute__((noinline)) void quad_compare(const int32_t *a, uint8_t *scratch) {
    quad_compare_rows(a, 0, 4, scratch);
    quad_compare_rows(a, 4, 3, scratch);
}

#define LBP_ADD(carry, sum, x, y) \
    { const v64 s_ = sum, x_ = x, y_ = y; sum = xor3(s_, x_, y_), carry = majority(s_, x_, y_); }

/* Cells of a map: windows' sums are those of 7 rows of 8 at most, 6 bits; what the highest adds lies 64 bytes further. */
LBP_INLINE void quad_pool(const lbp_engine *e, const int32_t *a, int from_bits, uint8_t *scratch) {
    const uint8_t *plane[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) plane[i] = scratch + QUAD * (ptrdiff_t)(from_bits ? a[4 + 2 * i] : a[4] + i * a[6]);
    const v64 pixels = (v64)_mm512_set1_epi32(0x0fffffff);
    v64 ones = pixels, twos = pixels, fours = pixels, waiting = pixels, eight[QUAD_ROWS], carry;
#pragma GCC unroll 7
    for (int j = 0; j < QUAD_ROWS; j++) {
        v64 x[4];
        x[3] = load(plane[3] + 64 * j);
        if (from_bits) x[3] &= pixels;
#pragma GCC unroll 3
        for (int i = 0; i < 3; i++) x[i] = from_bits ? load(plane[i] + 64 * j) & x[3] : load(plane[i] + 64 * j);
        /* The gate counts 1. */
        if (j == 0) {
            ones = x[3], twos = x[1], fours = x[2];
        } else {
            LBP_ADD(carry, ones, waiting, x[3]);
            LBP_ADD(carry, twos, carry, x[1]);
            LBP_ADD(eight[j - 1], fours, carry, x[2]);
        }
        waiting = x[0];
    }
    carry = ones & waiting, ones ^= waiting;
    eight[6] = twos & carry, twos ^= carry, carry = eight[6];
    eight[6] = fours & carry, fours ^= carry;
    v64 sixteen[3], high;
    LBP_ADD(sixteen[0], eight[0], eight[1], eight[2]);
    LBP_ADD(sixteen[1], eight[0], eight[3], eight[4]);
    LBP_ADD(sixteen[2], eight[0], eight[5], eight[6]);
    LBP_ADD(high, sixteen[0], sixteen[1], sixteen[2]);
    __m512i sum = ones_of_sevens((__m512i)sixteen[0]);
    sum = _mm512_add_epi8(twice(sum), ones_of_sevens((__m512i)eight[0]));
    sum = _mm512_add_epi8(twice(sum), ones_of_sevens((__m512i)fours));
    sum = _mm512_add_epi8(twice(sum), ones_of_sevens((__m512i)twos));
    sum = _mm512_add_epi8(twice(sum), ones_of_sevens((__m512i)ones));
    uint8_t *cells = scratch + QUAD * e->feature_offset + (size_t)(a[3] / 16) * 128;
    _mm512_storeu_si512(cells, sum);
    _mm512_storeu_si512(cells + 64, ones_of_sevens((__m512i)high));
}
static __attribute__((noinline)) void quad_pool_maps(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    quad_pool(e, a, 0, scratch);
}
static __attribute__((noinline)) void quad_pool_bits(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    quad_pool(e, a, 1, scratch);
}

/* Scores of `classes` classes from cells. */
LBP_INLINE void quad_add_cells(const lbp_engine *e, const uint8_t *cells, int first, int classes, int32_t *scores) {
    const int8_t *weights = e->cell_weights + (size_t)first * 16;
    const size_t step = (size_t)e->classes * 16;
    __m512i low[10], high[10];
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) low[c] = high[c] = _mm512_setzero_si512();
    for (int32_t map = e->features / 16; map > 0; map--, cells += 128, weights += step) {
        const __m512i x = load512(cells), y = load512(cells + 64);
#pragma GCC unroll 10
        for (int c = 0; c < classes; c++) {
            const __m512i w = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(weights + 16 * c)));
            low[c] = _mm512_dpbusd_epi32(low[c], x, w);
            high[c] = _mm512_dpbusd_epi32(high[c], y, w);
        }
    }
    for (int c = 0; c < classes; c++) {
        uint32_t part[16];
        _mm512_storeu_si512(part, _mm512_add_epi32(low[c], _mm512_slli_epi32(high[c], 5)));
        for (int n = 0; n < QUAD; n++) {
            const uint32_t *p = part + 4 * n, sum = p[0] + p[1] + p[2] + p[3];
            scores[n * e->classes + first + c] = (int32_t)(sum + (uint32_t)e->bias[first + c]);
        }
    }
}

static __attribute__((noinline)) void quad_scores(const lbp_engine *e, int32_t *scores, uint8_t *scratch) {
    const uint8_t *cells = scratch + QUAD * e->feature_offset;
    int c = 0;
    for (; c + 10 <= e->classes; c += 10) quad_add_cells(e, cells, c, 10, scores);
    for (; c < e->classes; c++) quad_add_cells(e, cells, c, 1, scores);
}

static void run_quad(const lbp_engine *e, const uint8_t *images, int32_t *scores, uint8_t *scratch) {
    for (int32_t i = 0; i < e->op_count; i++) {
        const lbp_op *op = &e->ops[i];
        switch (op->kind) {
            case LBP_OP_IMAGE: quad_images(e, op, images, scratch); break;
            case LBP_OP_BYTE_COMPARE: quad_compare_bytes(e, op, scratch); break;
            case LBP_OP_FILL: quad_fill(op->args, scratch); break;
            case LBP_OP_ENCODE: quad_encode(op->args, scratch); break;
            case LBP_OP_COMPARE: quad_compare(op->args, scratch); break;
            case LBP_OP_POOL: quad_pool_maps(e, op->args, scratch); break;
            case LBP_OP_POOL_BITS: quad_pool_bits(e, op->args, scratch); break;
            default: break;
        }
    }
    quad_scores(e, scores, scratch);
}

#endif
