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

/* The sum of a map's rows so far, as numbers whose bits are vectors. */
typedef struct {
    v64 ones, twos, fours, waiting, eight[QUAD_ROWS];
} quad_sum;

/* Adds row j of gated planes; the gate counts 1. */
LBP_INLINE void quad_add_row(quad_sum *s, int j, const v64 *x) {
    v64 carry;
    if (j == 0) {
        s->ones = x[3], s->twos = x[1], s->fours = x[2];
    } else {
        LBP_ADD(carry, s->ones, s->waiting, x[3]);
        LBP_ADD(carry, s->twos, carry, x[1]);
        LBP_ADD(s->eight[j - 1], s->fours, carry, x[2]);
    }
    s->waiting = x[0];
}

/* Cells of a map, 16 bytes an image, and ones in `over` where a sum left its byte: they are 7 * 7 * 8 at most. */
LBP_INLINE void quad_store_cells(const lbp_engine *e, quad_sum *s, int32_t feature, uint8_t *scratch) {
    const v64 two = s->ones & s->waiting, four = s->twos & two;
    s->ones ^= s->waiting, s->twos ^= two, s->eight[6] = s->fours & four, s->fours ^= four;
    v64 *eight = s->eight, sixteen[3], high;
    LBP_ADD(sixteen[0], eight[0], eight[1], eight[2]);
    LBP_ADD(sixteen[1], eight[0], eight[3], eight[4]);
    LBP_ADD(sixteen[2], eight[0], eight[5], eight[6]);
    LBP_ADD(high, sixteen[0], sixteen[1], sixteen[2]);
    __m512i half = add_ones(ones_of_sevens((__m512i)high), sixteen[0]);
    half = add_ones(add_ones(add_ones(half, eight[0]), s->fours), s->twos);
    const __m512i sum = add_ones(half, s->ones);
    const uint64_t over = _mm512_cmplt_epu8_mask(sum, half);
    uint8_t *cells = scratch + QUAD * e->feature_offset;
    _mm512_storeu_si512(cells + 4 * feature, sum);
    memcpy(cells + 4 * e->features + feature / 2, &over, 8);
}

/* Gated row j of bits. */
LBP_INLINE void quad_gate(const int32_t *from, const uint8_t *scratch, int j, v64 *x) {
#pragma GCC unroll 4
    for (int i = 3; i >= 0; i--)
        x[i] = load(scratch + QUAD * (ptrdiff_t)from[2 * i] + 64 * j) & (i == 3 ? (v64)_mm512_set1_epi32(0x0fffffff) : x[3]);
}

static __attribute__((noinline)) void quad_encode(const lbp_engine *e, const lbp_op *op, uint8_t *scratch) {
    const int32_t *a = op->args;
    quad_sum sum;
#pragma GCC unroll 7
    for (int j = 0; j < QUAD_ROWS; j++) {
        v64 x[4];
        quad_gate(a + 8, scratch, j, x);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            uint8_t *row = scratch + QUAD * (a[5] + i * (ptrdiff_t)a[6]) + 64 * j;
            store(row, x[i]);
            /* The rows above and below a lane are those of the lanes beside. */
            if (j < QUAD_HALO) _mm512_storeu_si512(row + 64 * QUAD_ROWS, _mm512_bsrli_epi128((__m512i)x[i], 4));
            if (j >= QUAD_ROWS - QUAD_HALO) _mm512_storeu_si512(row - 64 * QUAD_ROWS, _mm512_bslli_epi128((__m512i)x[i], 4));
        }
        quad_add_row(&sum, j, x);
    }
    if (op->feature >= 0) quad_store_cells(e, &sum, op->feature, scratch);
}

static __attribute__((noinline)) void quad_pool_bits(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    quad_sum sum;
#pragma GCC unroll 7
    for (int j = 0; j < QUAD_ROWS; j++) {
        v64 x[4];
        quad_gate(a + 4, scratch, j, x);
        quad_add_row(&sum, j, x);
    }
    quad_store_cells(e, &sum, a[3], scratch);
}

/* What is summed of map `map`: its cells, or where those left their bytes. */
LBP_INLINE __m512i quad_cells(const lbp_engine *e, const uint8_t *cells, int32_t map, int over) {
    uint64_t bits;
    if (!over) return load512(cells + 64 * map);
    memcpy(&bits, cells + 4 * e->features + 8 * map, 8);
    return _mm512_maskz_set1_epi8(bits, 1);
}

/* Adds to scores of `classes` classes what cells, or what left them, make. */
LBP_INLINE void quad_add_cells(const lbp_engine *e, const uint8_t *cells, int over, int first, int classes, int32_t *scores) {
    const int32_t maps = e->features / 16;
    __m512i sum[10];
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) sum[c] = _mm512_setzero_si512();
    for (int32_t map = 0; map < maps; map++) {
        const int8_t *weights = e->cell_weights + (map / 2 * e->classes + first) * (ptrdiff_t)32 + map % 2 * 16;
        const __m512i x = quad_cells(e, cells, map, over);
#pragma GCC unroll 10
        for (int c = 0; c < classes; c++) {
            const __m512i w = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(weights + 32 * c)));
            sum[c] = _mm512_dpbusd_epi32(sum[c], x, w);
        }
    }
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) {
        uint32_t part[16];
        _mm512_storeu_si512(part, sum[c]);
        for (int n = 0; n < QUAD; n++) {
            const uint32_t *p = part + 4 * n, total = p[0] + p[1] + p[2] + p[3];
            int32_t *score = scores + n * e->classes + first + c;
            *score = (int32_t)((over ? (uint32_t)*score : (uint32_t)e->bias[first + c]) + (over ? total << 8 : total));
        }
    }
}

LBP_INLINE void quad_add_classes(const lbp_engine *e, const uint8_t *cells, int over, int32_t *scores) {
    int c = 0;
    for (; c + 10 <= e->classes; c += 10) quad_add_cells(e, cells, over, c, 10, scores);
    for (; c < e->classes; c++) quad_add_cells(e, cells, over, c, 1, scores);
}

static __attribute__((noinline)) void quad_scores(const lbp_engine *e, int32_t *scores, uint8_t *scratch) {
    const uint8_t *cells = scratch + QUAD * e->feature_offset, *over = cells + 4 * e->features;
    quad_add_classes(e, cells, 0, scores);
    uint64_t any = 0, bits;
    for (int32_t map = 0; map < e->features / 16; map++) memcpy(&bits, over + 8 * map, 8), any |= bits;
    if (any) quad_add_classes(e, cells, 1, scores);
}

static void run_quad(const lbp_engine *e, const uint8_t *images, int32_t *scores, uint8_t *scratch) {
    for (int32_t i = 0; i < e->op_count; i++) {
        const lbp_op *op = &e->ops[i];
        switch (op->kind) {
            case LBP_OP_IMAGE: quad_images(e, op, images, scratch); break;
            case LBP_OP_BYTE_COMPARE: quad_compare_bytes(e, op, scratch); break;
            case LBP_OP_FILL: quad_fill(op->args, scratch); break;
            case LBP_OP_ENCODE: quad_encode(e, op, scratch); break;
            case LBP_OP_COMPARE: quad_compare(op->args, scratch); break;
            case LBP_OP_POOL_BITS: quad_pool_bits(e, op->args, scratch); break;
            default: break;
        }
    }
    quad_scores(e, scores, scratch);
}

#endif
