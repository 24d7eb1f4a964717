/* Pooled sums over windows that fit no cells (engine_word.h), of maps whose rows are single words: the values of the
 * columns in each byte, then the sums of the bytes in the rows; both by masks, so that any windows will do. */
#ifndef LBP_ENGINE_WINDOWS_H
#define LBP_ENGINE_WINDOWS_H

enum { LBP_MASKED_PLANES = 5 }; /* eight columns of the highest value fit a byte */

LBP_INLINE int pools_by_masks(const lbp_engine *e, const lbp_map *map, int planes) {
    return e->narrow && map->row_masks && planes <= LBP_MASKED_PLANES;
}

/* Of `planes` planes, the last counts 1 where `gated`, the others twice what the one before counts. */
LBP_INLINE v64 sum_columns(const countable *x, int planes, int gated, uint64_t columns) {
    const countable mask = to_count((v64){0} + columns);
    v8 total = {0};
#pragma GCC unroll 5
    for (int p = planes - 1 - gated; p >= 0; p--) total = total + total + ones_under(x[p], mask);
    return (v64)(gated ? total + ones_under(x[planes - 1], mask) : total);
}

/* A word has the sums of four windows side by side, 16 bits each: no feature needs more. */
LBP_INLINE void store_windows(const lbp_windows *w, const v64 *sum, uint16_t *out) {
    for (int i = 0; i < w->rows; i++)
        for (int j = 0; j < w->columns; j += 4, sum++) {
            uint64_t words[LBP_VB / 8];
            memcpy(words, sum, sizeof words);
            for (int k = 1; k < LBP_VB / 8; k++) words[0] += words[k];
            for (int k = 0; k < 4 && j + k < w->columns; k++, words[0] >>= 16) *out++ = (uint16_t)words[0];
        }
}

LBP_INLINE void pool_windows(const lbp_engine *e, const lbp_map *map, const uint8_t *const *plane, int planes, int gated,
                             int raw, uint16_t *out) {
    const lbp_windows *w = &e->windows;
    const int quads = (w->columns + 3) / 4;
    v64 sum[LBP_MASKED_SUMS];
    for (int i = 0; i < w->rows * quads; i++) sum[i] = (v64){0};
    for (int32_t v = 0; v < map->body; v += LBP_VB) {
        const v64 top = load(plane[planes - 1] + v);
        countable x[LBP_MASKED_PLANES];
#pragma GCC unroll 5
        for (int p = 0; p < planes; p++) x[p] = to_count(raw ? load(plane[p] + v) & top : load(plane[p] + v));
        for (int j = 0; j < w->columns; j++) {
            const v64 bytes = sum_columns(x, planes, gated, map->column_masks[j]);
            const uint8_t *rows = map->row_masks + v;
            for (int i = 0; i < w->rows; i++, rows += map->plain_strip)
                if (map->row_start[i] < v + LBP_VB && v < map->row_end[i])
                    sum[i * quads + j / 4] += sum_bytes(bytes & load(rows)) << 16 * (j % 4);
        }
    }
    store_windows(w, sum, out);
}

/* Usual planes are known to the compiler. */
static void pool_by_masks(const lbp_engine *e, const lbp_map *map, const uint8_t *const *plane, int planes, int gated,
                          int raw, uint16_t *out) {
    if (planes == 4 && gated)
        pool_windows(e, map, plane, 4, 1, raw, out);
    else if (planes == 3 && gated)
        pool_windows(e, map, plane, 3, 1, raw, out);
    else if (planes == 4)
        pool_windows(e, map, plane, 4, 0, 0, out);
    else if (planes == 3)
        pool_windows(e, map, plane, 3, 0, 0, out);
    else
        pool_windows(e, map, plane, planes, gated, raw, out);
}

#endif
