/* Bits to maps, their halos, and the largest of 2 x 2 blocks: the same for words of any width. */
#ifndef LBP_ENGINE_ENCODE_H
#define LBP_ENGINE_ENCODE_H

/* Groups before and after a haloed plane's words: the neighbouring lane's rows, zeros outside the image. */
static void fill_halo(const lbp_map *map, uint8_t *first) {
    const int32_t rows = map->rows, group = map->group, word = map->word_bytes;
    for (int32_t t = 0; t < map->halo; t++) {
        /* Row `rows + t` of lane l is row `rows + t - q rows` of lane l + q. */
        const int32_t q = t / rows + 1;
        uint8_t *after = first + (rows + t) * group, *before = first - (t + 1) * group;
        const int32_t kept = q < map->lanes ? (map->lanes - q) * word : 0;
        memmove(after, first + (rows + t - q * rows) * group + q * word, (size_t)kept);
        memset(after + kept, 0, (size_t)(group - kept));
        memmove(before + group - kept, first + (q * rows - t - 1) * group, (size_t)kept);
        memset(before, 0, (size_t)(group - kept));
    }
}

/* The lanes of `size` bytes of groups, one lane lower (word > 0: the bytes of a word) or higher (word < 0); `kept` has
 * ones where the lane comes from the same group. */
LBP_INLINE void move_lanes(const uint8_t *from, uint8_t *to, int32_t size, ptrdiff_t word, v128 kept) {
    int32_t i = 0;
    for (; i + 16 <= size; i += 16) {
        v128 x;
        memcpy(&x, from + i + word, 16);
        x &= kept;
        memcpy(to + i, &x, 16);
    }
    for (; i + 8 <= size; i += 8) {
        uint64_t x;
        memcpy(&x, from + i + word, 8);
        x &= kept[0];
        memcpy(to + i, &x, 8);
    }
    if (i < size) { /* 2, 4 or 6 bytes, of groups no larger than that */
        uint64_t x = 0;
        memcpy(&x, from + i + word, (size_t)(size - i));
        x &= kept[0];
        memcpy(to + i, &x, (size_t)(size - i));
    }
}

LBP_INLINE void fill_halos_near(const lbp_map *map, uint8_t *first, int32_t planes, size_t stride, int32_t size) {
    const ptrdiff_t word = map->word_bytes;
    v128 low, high;
    memcpy(&low, map->kept_low, 16);
    memcpy(&high, map->kept_high, 16);
    uint8_t *last = first + map->body - size;
    for (int32_t p = 0; p < planes; p++, first += stride, last += stride) {
        move_lanes(first, last + size, size, word, low);
        move_lanes(last, first - size, size, -word, high);
    }
}

static void fill_halos(const lbp_map *map, uint8_t *first, int32_t planes, size_t stride) {
    const int32_t size = map->halo * map->group;
    for (int32_t s = 0; s < map->strips; s++, first += map->haloed_strip) {
        if (map->near && size == 32)
            fill_halos_near(map, first, planes, stride, 32);
        else if (map->near && size == 16)
            fill_halos_near(map, first, planes, stride, 16);
        else if (map->near && size == 8)
            fill_halos_near(map, first, planes, stride, 8);
        else if (map->near)
            fill_halos_near(map, first, planes, stride, size);
        else
            for (int32_t p = 0; p < planes; p++) fill_halo(map, first + (size_t)p * stride);
    }
}

/* max(v, floor), least significant bit first. */
LBP_INLINE void raise_to(v64 *bit, int points, int32_t floor) {
    v64 above = ~(v64){0}; /* v >= floor: no borrow from v - floor */
    for (int i = 0; i < points; i++) above = (floor >> i) & 1 ? above & bit[i] : above | bit[i];
    for (int i = 0; i < points; i++) bit[i] = (floor >> i) & 1 ? bit[i] | ~above : bit[i] & above;
}

/* The count of `points` bits; returns its planes. */
LBP_INLINE int count_bits(const v64 *bit, int points, v64 *count) {
    int planes = 0;
    for (int i = 0; i < points; i++) {
        v64 carry = bit[i];
        for (int j = 0; j < planes; j++) {
            const v64 both = count[j] & carry;
            count[j] ^= carry;
            carry = both;
        }
        if ((i + 1) >> planes) count[planes++] = carry;
    }
    return planes;
}

LBP_INLINE void encode_vector(int code, int points, int32_t parameter, v64 *bit, v64 valid) {
    v64 count[5];
    if (code == LBP_CODE_GATED) {
#pragma GCC unroll 8
        for (int i = 0; i < points - 1; i++) bit[i] &= bit[points - 1];
    } else if (code == LBP_CODE_FLOOR) {
        raise_to(bit, points, parameter);
        for (int i = 0; i < points; i++) bit[i] &= valid;
    } else if (code >= LBP_CODE_COUNT) {
        const int planes = count_bits(bit, points, count);
        v64 reached = ~(v64){0}; /* count >= parameter */
        for (int i = 0; i < planes; i++) {
            reached = (parameter >> i) & 1 ? reached & count[i] : reached | count[i];
            bit[i] = count[i];
        }
        if (code == LBP_CODE_LIMIT) bit[0] = reached & valid;
    }
}

LBP_INLINE void encode_planes(const lbp_map *map, const int32_t *a, int code, int points, int32_t s, uint8_t *scratch) {
    const size_t stride = (size_t)a[6];
    const int planes = code >= LBP_CODE_COUNT ? a[4] : points;
    uint8_t *to = scratch + a[5];
    const uint8_t *valid = map->valid, *from[LBP_MAX_POINTS];
#pragma GCC unroll 8
    for (int i = 0; i < points; i++) from[i] = scratch + a[8 + 2 * i];
    if (s > 0) {
        to += s * (a[7] ? map->haloed_strip : map->plain_strip), valid += s * map->plain_strip;
        for (int i = 0; i < points; i++) from[i] += s * (a[9 + 2 * i] ? map->haloed_strip : map->plain_strip);
    }
    for (int32_t v = 0; v < map->body; v += LBP_VB) {
        v64 bit[LBP_MAX_POINTS];
#pragma GCC unroll 8
        for (int i = 0; i < points; i++) bit[i] = load(from[i] + v);
        encode_vector(code, points, a[3], bit, load(valid + v));
#pragma GCC unroll 8
        for (int i = 0; i < planes; i++) store(to + v + (size_t)i * stride, bit[i]);
    }
}

static void encode(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    const lbp_map *map = &e->maps[a[0]];
    for (int32_t s = 0; s < map->strips; s++) {
        if (a[1] == LBP_CODE_GATED && a[2] == 4)
            encode_planes(map, a, LBP_CODE_GATED, 4, s, scratch);
        else if (a[1] == LBP_CODE_GATED && a[2] == 3)
            encode_planes(map, a, LBP_CODE_GATED, 3, s, scratch);
        else if (a[1] == LBP_CODE_PACK && a[2] == 4)
            encode_planes(map, a, LBP_CODE_PACK, 4, s, scratch);
        else
            encode_planes(map, a, a[1], a[2], s, scratch);
    }
    if (a[7]) fill_halos(map, scratch + a[5], a[4], (size_t)a[6]);
}

static void fill(const lbp_engine *e, const int32_t *a, uint8_t *scratch) {
    const lbp_map *map = &e->maps[a[1]];
    const size_t size = (size_t)(map->plain_strip * map->strips);
    if (a[2])
        memcpy(scratch + a[0], map->valid, size);
    else
        memset(scratch + a[0], 0, size);
}

#endif
