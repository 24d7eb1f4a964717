/* Pooled sums and scores of images beside each other; included by engine_beside.h.
 *
 * Of four images, a map's sums are 16 bytes an image; those above 255 leave their byte and a one in a second plane of
 * bits, which few images do; of packed bits there are two such bytes, each for two bits. Of eight images, a byte has two
 * windows of 4 columns: the ones of all its columns make one vector, those of its lower window another, 8 bytes an image
 * each.
 */
#ifndef LBP_ENGINE_BESIDE_CELLS_H
#define LBP_ENGINE_BESIDE_CELLS_H

/* Bytes from the cells' start to the bits of sums that left theirs; of packed bits, to the sums of the upper two. */
LBP_INLINE ptrdiff_t over_offset(const lbp_engine *e) { return 4 * (ptrdiff_t)e->features; }

LBP_INLINE void cells_of_four(const lbp_engine *e, beside_sum *s, int32_t feature, uint8_t *cells) {
    v64 *eight = s->above, sixteen[3], high;
    LBP_ADD(sixteen[0], eight[0], eight[1], eight[2]);
    LBP_ADD(sixteen[1], eight[0], eight[3], eight[4]);
    LBP_ADD(sixteen[2], eight[0], eight[5], eight[6]);
    LBP_ADD(high, sixteen[0], sixteen[1], sixteen[2]);
    __m512i half = add_ones(ones_of_sevens((__m512i)high), sixteen[0]);
    half = add_ones(add_ones(add_ones(half, eight[0]), s->level[2]), s->level[1]);
    const __m512i sum = add_ones(half, s->level[0]);
    /* 7 * 7 * 8 at most, so that half of it fits. */
    const uint64_t over = _mm512_cmplt_epu8_mask(sum, half);
    _mm512_storeu_si512(cells + 4 * (ptrdiff_t)feature, sum);
    memcpy(cells + over_offset(e) + feature / 2, &over, 8);
}

/* Of packed bits, from the sums of each: a byte takes those of two bits, 7 * 7 * 3 at most. */
LBP_INLINE void cells_of_packed(const lbp_engine *e, const __m512i *ones, int32_t feature, uint8_t *cells) {
    uint8_t *to = cells + 4 * (ptrdiff_t)feature;
    _mm512_storeu_si512(to, _mm512_add_epi8(ones[0], _mm512_add_epi8(ones[1], ones[1])));
    _mm512_storeu_si512(to + over_offset(e), _mm512_add_epi8(ones[2], _mm512_add_epi8(ones[3], ones[3])));
}

/* Twice `sum`, and the ones of x. */
LBP_INLINE __m512i add_bits(__m512i sum, __m512i x) {
    return _mm512_add_epi8(_mm512_add_epi8(sum, sum), _mm512_popcnt_epi8(x));
}

LBP_INLINE void cells_of_eight(beside_sum *s, int32_t feature, uint8_t *cells) {
    const __m512i lower = _mm512_set1_epi8(15);
    v64 *four = s->above, eight;
    LBP_ADD(eight, four[0], four[1], four[2]);
    const v64 more = four[0] & four[3], bit[3] = {s->level[0], s->level[1], four[0] ^ four[3]};
    __m512i all = _mm512_add_epi8(_mm512_popcnt_epi8((__m512i)eight), _mm512_popcnt_epi8((__m512i)more));
    __m512i low = _mm512_add_epi8(_mm512_popcnt_epi8(_mm512_and_si512((__m512i)eight, lower)),
                                  _mm512_popcnt_epi8(_mm512_and_si512((__m512i)more, lower)));
#pragma GCC unroll 3
    for (int i = 2; i >= 0; i--) {
        all = add_bits(all, (__m512i)bit[i]);
        low = add_bits(low, _mm512_and_si512((__m512i)bit[i], lower));
    }
    _mm512_storeu_si512(cells + 8 * (ptrdiff_t)feature, all);
    _mm512_storeu_si512(cells + 8 * (ptrdiff_t)feature + 64, low);
}

LBP_INLINE void beside_cells(const lbp_engine *e, beside_sum *s, int images, int32_t feature, uint8_t *scratch) {
    uint8_t *cells = scratch + images * e->feature_offset;
    beside_end_rows(s, images);
    if (images == 4)
        cells_of_four(e, s, feature, cells);
    else
        cells_of_eight(s, feature, cells);
}

/* Scores of a class from a vector of parts of the sums of each image. */
LBP_INLINE void add_parts(const lbp_engine *e, __m512i sum, int images, int count, int c, int over, int32_t *scores) {
    uint32_t part[16];
    _mm512_storeu_si512(part, sum);
    for (int n = 0; n < count; n++) {
        uint32_t total = 0;
        for (int i = 0; i < 16 / images; i++) total += part[16 / images * n + i];
        int32_t *score = scores + n * e->sums + c;
        *score = (int32_t)(over ? (uint32_t)*score + (total << 8) : (uint32_t)e->bias[c] + total);
    }
}

/* What is summed of map `map`: its cells, or what left them. */
LBP_INLINE __m512i cells_or_over(const lbp_engine *e, const uint8_t *cells, int32_t map, int over) {
    uint64_t bits;
    if (!over) return load512(cells + 64 * (ptrdiff_t)map);
    memcpy(&bits, cells + over_offset(e) + 8 * (ptrdiff_t)map, 8);
    return _mm512_maskz_set1_epi8(bits, 1);
}

LBP_INLINE void score_classes4(const lbp_engine *e, const uint8_t *cells, int over, int first, int classes, int count,
                               int32_t *scores) {
    __m512i sum[10];
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) sum[c] = _mm512_setzero_si512();
    for (int32_t map = 0; map < e->features / 16; map++) {
        const int8_t *weights = e->cell_weights + (map / 2 * e->sums + first) * (ptrdiff_t)32 + map % 2 * 16;
        const __m512i x = cells_or_over(e, cells, map, over);
#pragma GCC unroll 10
        for (int c = 0; c < classes; c++) {
            const __m512i w = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(weights + 32 * c)));
            sum[c] = _mm512_dpbusd_epi32(sum[c], x, w);
        }
    }
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) add_parts(e, sum[c], 4, count, first + c, over, scores);
}

LBP_INLINE void score_packed4(const lbp_engine *e, const uint8_t *cells, int first, int classes, int count,
                              int32_t *scores) {
    __m512i lower[10], upper[10];
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) lower[c] = upper[c] = _mm512_setzero_si512();
    for (int32_t map = 0; map < e->features / 16; map++) {
        const int8_t *weights = e->cell_weights + (map / 2 * e->sums + first) * (ptrdiff_t)32 + map % 2 * 16;
        const __m512i low = load512(cells + 64 * (ptrdiff_t)map);
        const __m512i high = load512(cells + over_offset(e) + 64 * (ptrdiff_t)map);
#pragma GCC unroll 10
        for (int c = 0; c < classes; c++) {
            const __m512i w = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(weights + 32 * c)));
            lower[c] = _mm512_dpbusd_epi32(lower[c], low, w);
            upper[c] = _mm512_dpbusd_epi32(upper[c], high, w);
        }
    }
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) {
        const __m512i sum = _mm512_add_epi32(lower[c], _mm512_slli_epi32(upper[c], 2));
        add_parts(e, sum, 4, count, first + c, 0, scores);
    }
}

LBP_INLINE void score_classes8(const lbp_engine *e, const uint8_t *cells, int first, int classes, int count,
                               int32_t *scores) {
    __m512i sum[10];
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) sum[c] = _mm512_setzero_si512();
    const int8_t *weights = e->cell_weights + first * 16;
    for (int32_t map = e->features / 16; map > 0; map--, cells += 128, weights += 16 * (ptrdiff_t)e->sums) {
        const __m512i all = load512(cells), low = load512(cells + 64);
#pragma GCC unroll 10
        for (int c = 0; c < classes; c++) {
            int64_t w[2];
            memcpy(w, weights + 16 * c, 16);
            sum[c] = _mm512_dpbusd_epi32(sum[c], all, _mm512_set1_epi64(w[0]));
            sum[c] = _mm512_dpbusd_epi32(sum[c], low, _mm512_set1_epi64(w[1]));
        }
    }
#pragma GCC unroll 10
    for (int c = 0; c < classes; c++) add_parts(e, sum[c], 8, count, first + c, 0, scores);
}

/* Ten classes at once, which the registers hold; the others one by one. */
#define LBP_ALL_CLASSES(score, ...)                                     \
    {                                                                   \
        int c_ = 0;                                                     \
        for (; c_ + 10 <= e->sums; c_ += 10) score(__VA_ARGS__, c_, 10, count, scores); \
        for (; c_ < e->sums; c_++) score(__VA_ARGS__, c_, 1, count, scores); \
    }

static __attribute__((noinline)) void score_four(const lbp_engine *e, int count, int32_t *scores, uint8_t *scratch) {
    const uint8_t *cells = scratch + 4 * e->feature_offset;
    if (!e->gated) {
        LBP_ALL_CLASSES(score_packed4, e, cells);
        return;
    }
    LBP_ALL_CLASSES(score_classes4, e, cells, 0);
    uint64_t any = 0, bits;
    for (int32_t map = 0; map < e->features / 16; map++)
        memcpy(&bits, cells + over_offset(e) + 8 * (ptrdiff_t)map, 8), any |= bits;
    if (any) LBP_ALL_CLASSES(score_classes4, e, cells, 1);
}

static __attribute__((noinline)) void score_eight(const lbp_engine *e, int count, int32_t *scores, uint8_t *scratch) {
    const uint8_t *cells = scratch + 8 * e->feature_offset;
    LBP_ALL_CLASSES(score_classes8, e, cells);
}

#endif
