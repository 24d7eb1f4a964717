/* The tables of a network, and how records are read.
 *
 * shape, uint16 each:
 *   classes, height, width, channel stride (low, high), steps, runs, wide, bytes of a sum, bits of a weight, sums of a
 *   map, window rows, window columns, words of the planes, sums, block sums, where the window rows, the window columns
 *   and the runs begin; for each geometry words a row, height, log2 period, spare bits of the last word, words of a
 *   plane, words of the rows of zeros on each side (the last two for `planes`); for each window row start, end, first of
 *   its sums in a map (for `planes`: the words before row `start`); for each window column start, end; for each run kind
 *   | flags << 8, 6 * geometry, lag, lag in words, records, their bytes, first word of its planes, words of those; where pooled: first
 *   sum, LBP_WEIGHTS: bytes of the weights of a window row (low, high) unless coded, first byte of the weights (low, high)
 * wiring, bytes, N is one byte, two where `wide`:
 *   records: see the function of each kind. A stored plane's record ends with N, the words that its kept rows take but
 *   for one (0 for `planes`).
 * values: at v the position of value v's planes | gated << 8, and of each plane, least significant first, the first
 *   word less the value's lag in words: a run of a lag adds its own. The value of a gated map is top + (top AND lower):
 *   0, or 1 + the lower bits.
 * taps: words from the pivot's row to the sample's, and dx: LBP_TAP.
 * weights: of each run, of each window row, of each map: lbp_head.h; with LBP_SMALL lbp_coded.h.
 */
#ifndef LBP_TABLES_H
#define LBP_TABLES_H

#include "lbp_runtime.h"

#if defined(__GNUC__) && !defined(__clang__)
/* No loop becomes a call of memcpy or memset, nor a product; no switch a call of libgcc. Few registers: what is read
 * first is used first. */
#pragma GCC optimize("no-tree-loop-distribute-patterns", "no-tree-scev-cprop", "no-jump-tables", \
                     "no-schedule-insns", "ira-loop-pressure")
#ifdef __OPTIMIZE_SIZE__ /* gcc 12 for Thumb-1 ends a small function by popping registers that its caller still needs */
#pragma GCC optimize("no-ipa-ra")
#endif
#endif
/* Clang makes products of what it sees change evenly from turn to turn of a loop. LBP_HIDE(x): how x changes is not
 * seen. LBP_ROLLED: of the loop that follows no turns are joined. */
#if defined(__clang__)
#define LBP_INLINE static inline __attribute__((always_inline))
#define LBP_UNROLL
#define LBP_HIDE(x) __asm__("" : "+r"(x))
#define LBP_ROLLED _Pragma("clang loop unroll(disable)")
#elif defined(__GNUC__)
#define LBP_INLINE static inline __attribute__((always_inline))
#if __GNUC__ >= 8
#define LBP_UNROLL _Pragma("GCC unroll 8")
#else
#define LBP_UNROLL
#endif
#else
#define LBP_INLINE static inline
#define LBP_UNROLL
#endif
/* LBP_APART: a function of its own, so that its loop has all registers. LBP_KEEP(x): x is kept in a register, not
 * worked out anew at each use. */
#if defined(__GNUC__)
#define LBP_KEEP(x) __asm__("" : "+r"(x))
#define LBP_APART static __attribute__((noinline))
#else
#define LBP_KEEP(x) ((void)0)
#define LBP_APART static
#endif
#ifndef LBP_HIDE
#define LBP_HIDE(x) ((void)0)
#define LBP_ROLLED
#endif

enum { CLASSES, HEIGHT, WIDTH, STRIDE_LOW, STRIDE_HIGH, STEPS, RUNS, WIDE, SUM_BYTES, WEIGHT_BITS, MAP_SUMS };
enum { WINDOW_ROWS = MAP_SUMS + 1, WINDOW_COLUMNS, PLANE_WORDS, SUMS, BLOCKS, ROWS_AT, COLUMNS_AT, RUNS_AT, GEOMETRIES };
enum { RUN_IMAGE, RUN_SHRINK, RUN_FILL, RUN_COMPARE, RUN_LARGEST, RUN_KERNEL, RUN_POOL };
enum { CODE_PACK, CODE_GATED, CODE_FLOOR, CODE_COUNT, CODE_LIMIT };
enum { STORED = 1, POOLED = 2, MAX_POINTS = 16 };

/* What is known when the runtime is built for one network. */
#ifdef LBP_GENERAL
#define USES_KIND(kind) 1
#define USES_CODE(code) 1
#define SUM_BYTES_OF(n) lbp_shape(n, SUM_BYTES)
#define WEIGHT_BITS_OF(n) ((uint8_t)lbp_shape(n, WEIGHT_BITS))
#define WIDE_OF(n) ((uint8_t)lbp_shape(n, WIDE))
#else
#define USES_KIND(kind) (LBP_KINDS >> (kind) & 1)
#define USES_CODE(code) (LBP_CODES >> (code) & 1)
#ifdef LBP_SCHEDULE_planes
#define SUM_BYTES_OF(n) ((void)(n), 4)
#else
#define SUM_BYTES_OF(n) ((void)(n), LBP_SUM_BYTES)
#endif
#define WEIGHT_BITS_OF(n) ((void)(n), (uint8_t)LBP_WEIGHT_BITS)
#define WIDE_OF(n) ((void)(n), LBP_WIDE)
#endif
#if LBP_ONE_WORD
#define ROW_WORDS(r) ((void)(r), 1)
#else
#define ROW_WORDS(r) ((r)->words)
#endif

/* A run while it is done. */
typedef struct {
    const lbp_network *network;
    const lbp_memory *memory;
    lbp_word *planes; /* where they begin now */
    const uint8_t *at; /* the next byte of wiring */
    lbp_word *to;      /* the next stored plane */
    const lbp_word *aged; /* where planes begin, later by the run's lag */
    const uint8_t *pixels, *weights;
    const uint16_t *head, *geometry, *window; /* head: of the next run */
    uint32_t stride, weight_bytes;
    uint16_t words, words_kept, height, row, lag, records, windows, found, sum;
    lbp_word mask; /* of the last word of a row */
    uint8_t kind, flags, below, ends; /* ends: the row is the last of a window row */
    uint8_t second; /* what comes from the image is the lower row of a pair */
} lbp_run;

static inline uint16_t lbp_shape(const lbp_network *n, uint16_t field) { return LBP_READ16(n->shape + field); }

static inline uint8_t read8(lbp_run *r) {
    const uint8_t x = LBP_READ8(r->at);
    r->at++;
    return x;
}

static inline uint16_t read16(lbp_run *r) {
    const uint8_t low = read8(r);
    return (uint16_t)(low | (uint16_t)(read8(r) << 8));
}

#define LBP_NUMBER_SIZE(n) (WIDE_OF(n) ? 2 : 1)

static inline uint16_t take_number(const lbp_network *n, const uint8_t **at) {
    uint16_t x = LBP_READ8(*at);
    ++*at;
    if (WIDE_OF(n)) {
        x = (uint16_t)(x | (uint16_t)(LBP_READ8(*at) << 8));
        ++*at;
    }
    return x;
}

static inline uint16_t read_number(lbp_run *r) { return WIDE_OF(r->network) ? read16(r) : read8(r); }

static inline const uint16_t *read_value(lbp_run *r) {
    const uint16_t *values = r->network->values;
    return values + LBP_READ16(values + read_number(r));
}

static inline uint16_t lbp_two(const uint8_t *at) {
    return (uint16_t)(LBP_READ8(at) | (uint16_t)(LBP_READ8(at + 1) << 8));
}

/* The head of the next run; returns where its records end. */
static const uint8_t *read_run(lbp_run *r) {
    const lbp_network *n = r->network;
    const uint16_t *head = r->head, kind = LBP_READ16(head);
    const uint16_t *geometry = n->shape + GEOMETRIES + LBP_READ16(head + 1);
    r->kind = (uint8_t)kind, r->flags = (uint8_t)(kind >> 8), r->geometry = geometry;
    r->words = LBP_READ16(geometry), r->height = LBP_READ16(geometry + 1);
    r->mask = (lbp_word)((lbp_word) ~(lbp_word)0 >> LBP_READ16(geometry + 3));
#if LBP_PAIRED
    r->mask |= r->mask << 16;
#endif
    r->lag = LBP_READ16(head + 2), r->aged = r->planes + LBP_READ16(head + 3);
    r->records = LBP_READ16(head + 4), r->to = r->planes + LBP_READ16(head + 6);
    r->words_kept = LBP_READ16(head + 7);
    const uint8_t *const end = r->at + LBP_READ16(head + 5);
    head += 8;
    if (r->flags & POOLED) r->sum = LBP_READ16(head), head += 1 + LBP_WEIGHTS_SIZE;
    r->head = head;
    return end;
}

/* The first byte of a pooled run's weights. */
static inline const uint8_t *read_weights(const lbp_run *r) {
    const uint16_t *head = r->head - 2;
    return r->network->weights + (LBP_READ16(head) | (uint32_t)LBP_READ16(head + 1) << 16);
}

#if !LBP_CODED
/* The bytes of its weights of one window row. */
static inline uint32_t read_weight_bytes(const lbp_run *r) {
    const uint16_t *head = r->head - 4;
    return LBP_READ16(head) | (uint32_t)LBP_READ16(head + 1) << 16;
}
#endif

#endif
