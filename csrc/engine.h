/* The inference engine: runs a plan (engine_plan.h) on uint8 images, bits of rows packed in words.
 *
 * Family: lbp_engine_run_{portable,avx2,avx512,neon}; no allocation; no state but `scratch`.
 *
 * A map of H x W bits is a flat array of words. Row r = l * J + j lies in word j * L + l (L lanes, J = H / L rows a
 * lane, rounded up; the last lane's last rows may be no rows of the image, and are zero): with L = 1 rows follow each other; with L = the pooled grid's rows, a vertical sum over a window is a sum of
 * words at distance L, and a shift by dy rows is an offset of dy * L words. `halo` groups of L words before and after
 * hold the rows that such offsets reach in the neighbouring lane, and zeros outside the image. Column x is bit x of
 * its word (bit 0 = column 0); a shift by dx columns is a shift of the word, which brings in the zeros of the border.
 * Images wider than 64 have several strips of 64-bit words, one after the other.
 *
 * A map of p bits a pixel is p such planes, least significant first. "Gated" maps, of codes `max(v, 2^(n-1) - 1)`, keep
 * the top bit m and the lower bits of v where m is set: value m + low, and the order of such values is that of
 * max(v, ..), so a > b is `low(a) > low(b) or (m(a) and not m(b))`.
 *
 * a > b on planes, least significant first: g = a0 & ~b0, then g = majority(a_i, ~b_i, g) for each further plane.
 * NumPy: g = a[0] & ~b[0]; for i in range(1, p): g = (a[i] & ~b[i]) | ((a[i] | ~b[i]) & g)
 *
 * Units: bytes for offsets into scratch; bits of little-endian words.
 * Limits: sides up to 4096, values of maps below 2^16, scores within 32 bits.
 * Source: design 2.4; the layout after the measurements in docs/engine.md. Differences: none in results, ever.
 */
#ifndef LBP_ENGINE_H
#define LBP_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LBP_VECTOR_MAX = 64, LBP_MAX_WINDOWS = 64, LBP_MASKED_SUMS = 64, LBP_MAX_PLANES = 16, LBP_MAX_POINTS = 16 };
enum { LBP_MAX_UNITS = 4096, LBP_LAYER_STEP = 16 /* outputs of a layer that are added up at once */ };

/* How the maps of one height and width lie in memory. */
typedef struct {
    int32_t word_bytes;   /* 2, 4 or 8 */
    int32_t strips;       /* words a row; above 1 only for words of 8 bytes */
    int32_t height, width;
    int32_t lanes;        /* L */
    int32_t rows;         /* J = height / L, rounded up */
    int32_t halo;         /* groups of L words on each side: the largest |dy| */
    int32_t group;        /* bytes of L words */
    int32_t body;         /* bytes of a strip's words, without halo */
    int32_t centre;       /* bytes from the start of a haloed strip to its first word; a multiple of 32 */
    int32_t haloed_strip; /* bytes of a haloed strip */
    int32_t plain_strip;  /* bytes of a strip without halo: body, rounded up to the longest vector */
    int32_t near;         /* halos reach one lane away, in groups of 2, 4, 8 or 16 bytes */
    int32_t in_cells;     /* its windows fit cells: see lbp_windows */
    uint8_t kept_low[16]; /* ones where the next higher (kept_high: lower) lane belongs to the same group */
    uint8_t kept_high[16];
    /* Where windows fit no cells: ones where a row window's rows are, a plain plane each, and from which byte to which
     * those lie; ones where a column window's columns are, in each word of 64 bits. NULL where there are none. */
    uint8_t *row_masks;
    int32_t row_start[LBP_MAX_WINDOWS], row_end[LBP_MAX_WINDOWS];
    uint64_t column_masks[LBP_MAX_WINDOWS];
    uint8_t *pad;         /* plain plane: ones where no pixel is */
    uint8_t *valid;       /* plain plane: ones where a pixel is */
} lbp_map;

/* A plane of bytes: pixels with their top bit flipped (signed order), `border` zero pixels around. */
typedef struct {
    int32_t height, width, border, pitch;
} lbp_bytes;

typedef struct {
    int32_t kind, count; /* count of args */
    int32_t run;         /* kind, and LBP_USUAL32 or 16 where engine_usual.h has its shape */
    int32_t feature;     /* of ENCODE: which sums of what it makes follow; -1 where none do */
    int32_t pooled;      /* of POOL: its sums are an ENCODE's `feature` */
    const int32_t *args;
} lbp_op;

typedef struct {
    uint64_t mask; /* bits that move up */
    int32_t shift;
} lbp_spread;

/* With images as lanes: the features of a sum whose weights have bit `shift` in their magnitude, by sign. */
typedef struct {
    int32_t shift, negative, count;
    const int32_t *features; /* bytes from the first of a plane: planes lie one after the other */
} lbp_run;

typedef struct {
    int32_t rows, columns;
    int32_t row[LBP_MAX_WINDOWS][2], column[LBP_MAX_WINDOWS][2];
    /* Where windows tile the maps and fit a byte (cell = 8) or half a byte (cell = 4) each: the steps that move column
     * window k to cell k of a word. */
    int32_t cell, steps, all_by_one; /* all_by_one: at most 3 steps, of one bit each */
    lbp_spread step[8];
} lbp_windows;

/* What reads hidden units: (inputs, padded) weights of max(0, input), then the biases, zeros from `outputs` on. */
typedef struct {
    int32_t inputs, outputs, padded;
    int32_t *weights, *bias; /* one allocation */
} lbp_layer;

typedef struct {
    int32_t channels, height, width;
    int32_t map_count, bytes_count, op_count, layer_count;
    int32_t features, padded_features;
    int32_t sums;         /* of features: the scores, or with layers behind them the hidden units */
    int32_t classes;
    int32_t narrow;       /* features below 2^15, kept as uint16 */
    int32_t vector;       /* images as lanes (engine_sliced.h): bytes of a vector; 0: pixels as lanes */
    int32_t feature_bits; /* of images as lanes */
    int32_t beside; /* how many images may be run beside each other (engine_beside.h), or 0; scratch_bytes is for that */
    int32_t cells;  /* pooled sums may be made as cells (engine_usual512.h) */
    int32_t gated;  /* of cells: whether all maps are gated; else none is */
    int32_t images; /* with layers: of how many images the sums are kept */
    size_t scratch_bytes, feature_offset, sum_offset, layer_offset, layer_bytes;
    lbp_map *maps;
    lbp_bytes *bytes;
    lbp_op *ops;
    lbp_windows windows;
    int16_t *weights16; /* (sums, padded_features), narrow */
    int32_t *weights32; /* (sums, features), otherwise */
    int8_t *cell_weights; /* as engine_shapes.c lays them out for cells, or NULL */
    int32_t *bias;
    lbp_run *runs; /* of sum 0, then of sum 1, ...; run_end[c]: where those of sum c end */
    lbp_layer *layers;
    int32_t *run_end, *run_features;
    int32_t *words; /* the plan */
} lbp_engine;

/* Scores (count, classes) of images (count, channels, height, width) uint8. `scratch`: engine->scratch_bytes, aligned
 * to 64, not shared. A plan with images as lanes runs on the instruction set whose vectors it names, and on no other. */
typedef void lbp_engine_run_fn(const lbp_engine *engine, const uint8_t *images, size_t count, int32_t *scores,
                               uint8_t *scratch);
extern const int lbp_engine_vector_portable, lbp_engine_vector_avx2, lbp_engine_vector_avx512, lbp_engine_vector_neon;
lbp_engine_run_fn lbp_engine_run_portable, lbp_engine_run_avx2, lbp_engine_run_avx512, lbp_engine_run_neon;

#ifdef __cplusplus
}
#endif
#endif
