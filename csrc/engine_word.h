/* Comparison of shifted planes and pooling, for words of LBP_BITS bits: included once for each width. */
#define LBP_WORDS(base) LBP_GLUE(base, LBP_BITS)
#define WORD_VECTOR LBP_GLUE(v, LBP_BITS)
#define WORD LBP_GLUE(LBP_GLUE(uint, LBP_BITS), _t)

/* direction: -1, samples at dx < 0 move up to higher bits; 1, down. */
LBP_INLINE v64 LBP_WORDS(shift)(v64 x, int by, int direction) {
    if (direction < 0) return (v64)((WORD_VECTOR)x << by);
    if (direction > 0) return (v64)((WORD_VECTOR)x >> by);
    return x;
}

/* The comparisons of `vectors` vectors of pivots with `users` samples; see engine.h. */
LBP_INLINE const int32_t *LBP_WORDS(compare_users)(const uint8_t *at, size_t stride, int planes, int gated, int vectors,
                                                   v64 (*pivot)[LBP_MAX_PLANES], const int32_t *user, int users,
                                                   int direction, uint8_t *to) {
    for (int u = 0; u < users; u++, user += 3) {
        const uint8_t *sample = at + user[0];
        uint8_t *out = to + (size_t)user[2];
#pragma GCC unroll 2
        for (int k = 0; k < vectors; k++) {
            v64 greater = LBP_WORDS(shift)(load(sample + k * LBP_VB), user[1], direction) & ~pivot[k][0];
#pragma GCC unroll 8
            for (int i = 1; i < planes; i++) {
                const v64 x = LBP_WORDS(shift)(load(sample + k * LBP_VB + (size_t)i * stride), user[1], direction);
                greater = gated && i == planes - 1 ? greater | (x & ~pivot[k][i]) : greater_step(x, pivot[k][i], greater);
            }
            store(out + k * LBP_VB, greater);
        }
    }
    return user;
}

LBP_INLINE void LBP_WORDS(compare_vectors)(const lbp_map *map, const int32_t *a, int planes, int gated, int vectors,
                                           int32_t v, uint8_t *scratch) {
    const uint8_t *from = scratch + a[1] + v;
    uint8_t *to = scratch + v;
    const size_t stride = (size_t)a[4];
    v64 pivot[2][LBP_MAX_PLANES] = {{(v64){0}}};
#pragma GCC unroll 2
    for (int k = 0; k < vectors; k++) {
        /* Where no pixel is, the pivot is larger than anything. */
        const v64 pad = load(map->pad + v + k * LBP_VB);
#pragma GCC unroll 8
        for (int i = 0; i < planes; i++) pivot[k][i] = load(from + k * LBP_VB + (size_t)i * stride) | pad;
    }
    const int32_t *user = a + 8;
    user = LBP_WORDS(compare_users)(from, stride, planes, gated, vectors, pivot, user, a[5], -1, to);
    user = LBP_WORDS(compare_users)(from, stride, planes, gated, vectors, pivot, user, a[6], 0, to);
    LBP_WORDS(compare_users)(from, stride, planes, gated, vectors, pivot, user, a[7], 1, to);
}

LBP_INLINE void LBP_WORDS(compare_planes)(const lbp_map *map, const int32_t *a, int planes, int gated,
                                          uint8_t *scratch) {
    int32_t v = 0;
    /* The pivots of two vectors fit the registers of AVX2. */
    if (planes <= 4)
        for (; v + LBP_VB < map->body; v += 2 * LBP_VB) LBP_WORDS(compare_vectors)(map, a, planes, gated, 2, v, scratch);
    for (; v < map->body; v += LBP_VB) LBP_WORDS(compare_vectors)(map, a, planes, gated, 1, v, scratch);
}

/* Apart from the others, so that gated maps do not pay for its registers. */
static __attribute__((noinline)) void LBP_WORDS(compare_packed4)(const lbp_map *map, const int32_t *a, uint8_t *scratch) {
    LBP_WORDS(compare_planes)(map, a, 4, 0, scratch);
}

static void LBP_WORDS(compare)(const lbp_map *map, const int32_t *a, uint8_t *scratch) {
    /* Numbers of planes known to the compiler keep the pivots in registers. */
    const int planes = a[2], gated = a[3] && planes > 1;
    if (planes == 4 && gated)
        LBP_WORDS(compare_planes)(map, a, 4, 1, scratch);
    else if (planes == 4)
        LBP_WORDS(compare_packed4)(map, a, scratch);
    else if (planes == 3 && gated)
        LBP_WORDS(compare_planes)(map, a, 3, 1, scratch);
    else if (planes == 3)
        LBP_WORDS(compare_planes)(map, a, 3, 0, scratch);
    else if (planes == 2)
        LBP_WORDS(compare_planes)(map, a, 2, 0, scratch);
    else if (planes == 1)
        LBP_WORDS(compare_planes)(map, a, 1, 0, scratch);
    else
        LBP_WORDS(compare_planes)(map, a, planes, gated, scratch);
}

/* Column windows moved to their cells. */
LBP_INLINE v64 LBP_WORDS(spread)(const lbp_windows *w, v64 x) {
    const WORD_VECTOR zero = {0};
    for (int s = 0; s < w->steps; s++) {
        const v64 up = x & (v64)(zero + (WORD)w->step[s].mask);
        x = w->all_by_one ? (v64)((WORD_VECTOR)x + (WORD_VECTOR)up) : (x ^ up) | (v64)((WORD_VECTOR)up << w->step[s].shift);
    }
    return x;
}

/* The ones of each byte, over the levels' weights 2^i: four levels of 8 ones fit the bytes of `low`, the next `high`'s. */
LBP_INLINE void LBP_WORDS(count_bytes)(const lbp_windows *w, const v64 *sum, int levels, int by_one, v64 *low, v64 *high) {
    const WORD_VECTOR zero = {0}, mask0 = zero + (WORD)w->step[0].mask, mask1 = zero + (WORD)w->step[1].mask,
                      mask2 = zero + (WORD)w->step[2].mask;
    v8 total = {0};
    *high = (v64){0};
#pragma GCC unroll 8
    for (int i = levels - 1; i >= 0; i--) {
        WORD_VECTOR x = (WORD_VECTOR)sum[i];
        if (by_one) {
            x += x & mask0;
            x += x & mask1;
            x += x & mask2;
        } else {
            x = (WORD_VECTOR)LBP_WORDS(spread)(w, (v64)x);
        }
        if (i == 3) *high = (v64)total, total = (v8){0};
        total = total + total + (v8)ones_in_bytes((v64)x);
    }
    *low = (v64)total;
}

/* The ones of each half byte, over the levels' weights. */
LBP_INLINE void LBP_WORDS(count_halves)(const lbp_windows *w, const v64 *sum, int levels, v64 *low, v64 *high) {
    v8 totals[2] = {(v8){0}, (v8){0}};
#pragma GCC unroll 8
    for (int i = levels - 1; i >= 0; i--) {
        const halves ones = ones_in_halves(LBP_WORDS(spread)(w, sum[i]));
        totals[0] = totals[0] + totals[0] + (v8)ones.low;
        totals[1] = totals[1] + totals[1] + (v8)ones.high;
    }
    *low = (v64)totals[0], *high = (v64)totals[1];
}

LBP_INLINE void LBP_WORDS(fold_bytes)(const lbp_windows *w, v64 low, v64 high, const lbp_map *map, uint16_t *out) {
    const v16 byte = (v16){0} + 255;
    const v16 even = ((v16)low & byte) + (((v16)high & byte) << 4), odd = ((v16)low >> 8) + (((v16)high >> 8) << 4);
    fold_lanes(even, odd, map, w->columns, out);
}

/* The ones of the cells of the words, summed over the words of each lane. Usual levels are known to the compiler. */
static __attribute__((noinline)) void LBP_WORDS(count_cells)(const lbp_engine *e, const lbp_map *map, const v64 *sum,
                                                             int levels, uint16_t *out) {
    const lbp_windows *w = &e->windows;
    v64 low, high;
    if (w->cell == 4) {
        if (levels == 4)
            LBP_WORDS(count_halves)(w, sum, 4, &low, &high);
        else if (levels == 3)
            LBP_WORDS(count_halves)(w, sum, 3, &low, &high);
        else
            LBP_WORDS(count_halves)(w, sum, levels, &low, &high);
        fold_halves(low, high, map, w->columns, out);
        return;
    }
    if (levels == 6 && w->all_by_one)
        LBP_WORDS(count_bytes)(w, sum, 6, 1, &low, &high);
    else if (levels == 5 && w->all_by_one)
        LBP_WORDS(count_bytes)(w, sum, 5, 1, &low, &high);
    else
        LBP_WORDS(count_bytes)(w, sum, levels, 0, &low, &high);
    LBP_WORDS(fold_bytes)(w, low, high, map, out);
}

/* Windows of a map whose rows and columns they tile (lbp_map.in_cells): planes are added up as numbers whose bits are
 * vectors, then ones are counted. Vectors past the map are masked, so that their number is a power of two. */
LBP_INLINE void LBP_WORDS(pool_planes)(const lbp_engine *e, const lbp_map *map, const uint8_t *const *plane, int planes,
                                       int gated, int raw, int levels, int vectors, int usual, uint16_t *out) {
    const int numbers = gated ? planes - 1 : planes;
    v64 sum[8];
#pragma GCC unroll 8
    for (int i = 0; i < levels; i++) sum[i] = (v64){0};
#pragma GCC unroll 8
    for (int n = 0; n < vectors; n++) {
        const int32_t v = n * LBP_VB;
        /* Past the last word of a plane lies its halo. */
        const v64 valid = 2 * n + 2 > vectors ? load(map->valid + v) : ~(v64){0};
        /* The gate counts 1: it is the carry into the sum of the lower bits. */
        const v64 gate = gated ? load(plane[numbers] + v) & valid : (v64){0};
        v64 carry = gate;
#pragma GCC unroll 8
        for (int i = 0; i < numbers; i++) {
            const v64 x = load(plane[i] + v) & (raw ? gate : valid), old = sum[i];
            sum[i] = xor3(old, x, carry);
            carry = majority(old, x, carry);
        }
#pragma GCC unroll 8
        for (int i = numbers; i < levels; i++) {
            const v64 both = sum[i] & carry;
            sum[i] ^= carry;
            carry = both;
        }
    }
    if (!usual) {
        LBP_WORDS(count_cells)(e, map, sum, levels, out);
        return;
    }
#if defined(__AVX2__) && LBP_VB == 32
    if (usual == 8) {
        count_sevens(sum, out);
        return;
    }
#endif
    v64 low, high;
    if (usual == 4) {
        LBP_WORDS(count_halves)(&e->windows, sum, levels, &low, &high);
        fold_halves(low, high, map, e->windows.columns, out);
    } else {
        LBP_WORDS(count_bytes)(&e->windows, sum, levels, 1, &low, &high);
        LBP_WORDS(fold_bytes)(&e->windows, low, high, map, out);
    }
}

/* Few vectors, of a number that the compiler knows, stay in registers. */
LBP_INLINE void LBP_WORDS(pool_few)(const lbp_engine *e, const lbp_map *map, const uint8_t *const *plane, int planes,
                                    int gated, int raw, uint16_t *out) {
    if (map->body <= LBP_VB)
        LBP_WORDS(pool_planes)(e, map, plane, planes, gated, raw, planes, 1, 0, out);
    else if (map->body <= 2 * LBP_VB)
        LBP_WORDS(pool_planes)(e, map, plane, planes, gated, raw, planes + 1, 2, 0, out);
    else if (map->body <= 4 * LBP_VB)
        LBP_WORDS(pool_planes)(e, map, plane, planes, gated, raw, planes + 2, 4, 0, out);
    else
        LBP_WORDS(pool_planes)(e, map, plane, planes, gated, raw, planes + 3, 8, 0, out);
}

/* raw: the lower planes of gated maps are not masked by the gate yet. Up to four planes. */
static void LBP_WORDS(pool)(const lbp_engine *e, const lbp_map *map, const uint8_t *const *plane, int planes, int gated,
                            int raw, uint16_t *out) {
    if (planes == 4 && raw)
        LBP_WORDS(pool_few)(e, map, plane, 4, 1, 1, out);
    else if (planes == 4 && gated)
        LBP_WORDS(pool_few)(e, map, plane, 4, 1, 0, out);
    else if (planes == 4)
        LBP_WORDS(pool_few)(e, map, plane, 4, 0, 0, out);
    else if (planes == 3 && gated)
        LBP_WORDS(pool_few)(e, map, plane, 3, 1, raw, out);
    else if (planes == 3)
        LBP_WORDS(pool_few)(e, map, plane, 3, 0, 0, out);
    else if (planes == 2)
        LBP_WORDS(pool_few)(e, map, plane, 2, gated, raw, out);
    else
        LBP_WORDS(pool_few)(e, map, plane, 1, 0, 0, out);
}
#undef WORD
#undef WORD_VECTOR
#undef LBP_WORDS
