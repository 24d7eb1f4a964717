/* The runtime of exported networks: C99, no allocation, no library call, no multiplication, no floating point.
 *
 * Bit planes: a row of a one-bit map lies in words of LBP_WORD_BITS bits, column x in bit x % LBP_WORD_BITS of word
 * x / LBP_WORD_BITS; bits past the row's end are zero. A map of p bits a pixel is p planes.
 *
 * Settings, the same for every file of a build:
 *   LBP_WORD_BITS  8, 16, 32 or 64: bits of a word; the default lets a row be one word, or is that of the machine; 16 at
 *                  most on 16-bit machines
 *   LBP_SCHEDULE_planes  NAME.c has the tables of lbp_planes.c; otherwise those of lbp_rows.c
 *   LBP_SMALL      less flash for some more time: weights are coded (lbp_coded.h), and gcc makes small code of what is not
 *                  in the innermost loops; with the schedule `rows`
 *   LBP_GENERAL    the runtime takes every network, several in one build; otherwise it is built for lbp_network.h's
 *   LBP_FLASH, LBP_READ8(p), LBP_READ16(p), LBP_READ32(p)  where constant tables lie, and how they are read
 *   LBP_PIXEL(p)   how a pixel is read; by default *(p), from RAM
 */
#ifndef LBP_RUNTIME_H
#define LBP_RUNTIME_H

#include <stdint.h>

#ifdef LBP_GENERAL
#define LBP_WIDEST 4096
#else
#include "lbp_network.h"
#endif

#ifndef LBP_WORD_BITS
#if UINTPTR_MAX > 0xffffu
#define LBP_WORD_BITS (LBP_WIDEST > 32 && (LBP_WIDEST <= 64 || UINTPTR_MAX > 0xffffffffu) ? 64 : 32)
#else
#define LBP_WORD_BITS (LBP_WIDEST <= 8 ? 8 : 16) /* of words of more bytes avr-gcc makes products: index times size */
#endif
#endif

#if LBP_WORD_BITS == 8
typedef uint8_t lbp_word;
#define LBP_WORD_LOG2 3
#elif LBP_WORD_BITS == 16
typedef uint16_t lbp_word;
#define LBP_WORD_LOG2 4
#elif LBP_WORD_BITS == 32
typedef uint32_t lbp_word;
#define LBP_WORD_LOG2 5
#elif LBP_WORD_BITS == 64
typedef uint64_t lbp_word;
#define LBP_WORD_LOG2 6
#else
#error "LBP_WORD_BITS: expected 8, 16, 32 or 64"
#endif

#if defined(LBP_SMALL) && !defined(LBP_SCHEDULE_planes)
#define LBP_CODED 1
#else
#define LBP_CODED 0
#endif

/* Whether every row is one word, and whether pooling windows lie side by side in one (lbp_pool.h). */
#define LBP_ONE_WORD (LBP_WIDEST <= LBP_WORD_BITS)
#ifdef LBP_TILE
#define LBP_TILED (LBP_ONE_WORD && LBP_TILED_BITS <= LBP_WORD_BITS)
#else
#define LBP_TILED 0
#endif

/* Whether a word holds two rows, the upper one in its low half: rows are narrow, and half the words are half the work.
 * Heights, lags and ages are pairs of rows then. Not in a build with LBP_GENERAL. */
#if defined(LBP_PAIRS) && LBP_WORD_BITS == 32 && !defined(LBP_SCHEDULE_planes)
#define LBP_PAIRED 1
#else
#define LBP_PAIRED 0
#endif

/* Whether all planes slide down together, a word a row, over words kept free below them; otherwise rows move up. */
#if LBP_PAIRED
#define LBP_SLIDES LBP_PAIR_STEPS
#elif LBP_ONE_WORD && defined(LBP_ROW_STEPS) && !defined(LBP_SCHEDULE_planes)
#define LBP_SLIDES LBP_ROW_STEPS
#else
#define LBP_SLIDES 0
#endif

/* Taps. Where every row is one word, one entry: words to the sample's row, and dx << 8, each modulo 256; where each
 * row ends in as many zeros as any sample lies columns away, a rotation is as good as a shift. Of pairs the sample may
 * be a lower row and the upper one of the pair after: then 128 + 16 + dx. */
#if LBP_PAIRED
#define LBP_TAP(words, dx, between) ((words) & 255) | (((between) ? 144 + (dx) : (dx) & 31)) << 8
#define LBP_TAP_SIZE 1
#define LBP_ROTATES 1
#define LBP_TWICE(mask) ((lbp_word)(mask) | (lbp_word)(mask) << 16)
#elif LBP_ONE_WORD
#define LBP_TWICE(mask) ((lbp_word)(mask))
#define LBP_TAP(words, dx) ((words) & 255) | ((dx) & 255) << 8
#define LBP_TAP_SIZE 1
#ifdef LBP_FARTHEST
#define LBP_ROTATES (LBP_WORD_BITS >= 32 && LBP_WIDEST + LBP_FARTHEST <= LBP_WORD_BITS)
#else
#define LBP_ROTATES 0
#endif
#else
#define LBP_TAP(words, dx) (words) & 65535, (dx) & 65535
#define LBP_TAP_SIZE 2
#endif

#ifndef LBP_READ8
#ifdef __AVR__
#include <avr/pgmspace.h>
#define LBP_FLASH PROGMEM
#define LBP_READ8(p) pgm_read_byte(p)
#define LBP_READ16(p) pgm_read_word(p)
#define LBP_READ32(p) pgm_read_dword(p)
#else
#define LBP_FLASH
#define LBP_READ8(p) (*(p))
#define LBP_READ16(p) (*(p))
#define LBP_READ32(p) (*(p))
#endif
#endif

#ifndef LBP_PIXEL
#define LBP_PIXEL(p) (*(p))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Constant expressions of the generated tables. */
#define LBP_ROW_WORDS(width) (((width) + LBP_WORD_BITS - 1) / LBP_WORD_BITS)
#define LBP_SPARE_BITS(width) (LBP_ROW_WORDS(width) * LBP_WORD_BITS - (width))
#define LBP_U16(x) ((x) & 255), ((x) >> 8 & 255)
#define LBP_HALVES(x) ((x) & 65535), ((x) / 65536)
#if LBP_CODED
#define LBP_WEIGHTS(bytes, first, first_coded) LBP_HALVES(first_coded)
#define LBP_WEIGHTS_SIZE 2
#else
#define LBP_WEIGHTS(bytes, first, first_coded) LBP_HALVES(bytes), LBP_HALVES(first)
#define LBP_WEIGHTS_SIZE 4
#endif
#define LBP_LARGER(a, b) ((a) > (b) ? (a) : (b))

/* A network's tables; their format is in lbp_tables.h. */
typedef struct {
    const uint16_t *shape;  /* sizes, geometries, windows */
    const uint8_t *wiring;  /* runs of records */
    const uint16_t *values; /* which planes make a value */
    const uint16_t *taps;   /* where samples lie */
    const uint8_t *weights;
    const int32_t *bias;
#if LBP_CODED
    const uint16_t *ranges; /* the weights' code */
    const uint8_t *symbols;
    uint8_t shortest; /* bits of its shortest code */
#endif
} lbp_network;

/* A layer that reads hidden units; its weights' format is in lbp_hidden.h. */
typedef struct {
    const uint8_t *planes;
    const int32_t *bias;
    uint16_t units, outputs;
    uint8_t bits; /* planes of a weight */
} lbp_layer;

/* What an image needs of RAM; the generated header knows the sizes. */
typedef struct {
    lbp_word *planes;
    lbp_word *bits;   /* the bits of one map's row */
    void *sums;       /* of pooling windows: lbp_word if LBP_TILED, else uint8_t, uint16_t or uint32_t */
    uint16_t *blocks; /* of shrinking */
} lbp_memory;

/* The schedule `rows` (lbp_rows.c) keeps the few rows of each plane that later rows still read; `planes` (lbp_planes.c)
 * keeps all, and needs an image as a whole. Scores of one image, uint8 (channels, height, width), and the class: the
 * largest score's index, the lowest among equals. */
int lbp_rows_predict(const lbp_network *network, const lbp_memory *memory, const uint8_t *image, int32_t *scores);
int lbp_planes_predict(const lbp_network *network, const lbp_memory *memory, const uint8_t *image, int32_t *scores);

/* `rows` a row at a time, for a camera: begin; step once for each row, top to bottom, `row` being that row of channel
 * 0 and `channel_stride` the distance to that of the next channel; end. The same `scores` each time. */
void lbp_rows_begin(const lbp_network *network, const lbp_memory *memory, int32_t *scores);
void lbp_rows_step(const lbp_network *network, const lbp_memory *memory, uint16_t step, const uint8_t *row,
                   uint32_t channel_stride, int32_t *scores);
int lbp_rows_end(const lbp_network *network, const lbp_memory *memory, int32_t *scores);

/* With hidden units the scores of the functions above are sums of `units`; then this makes the scores of them, and
 * returns the class. `units` holds the units of all layers, those of the first in front. */
int lbp_hidden_end(const lbp_layer *layer, uint16_t layers, int32_t *units, int32_t *scores);

#ifdef __cplusplus
}
#endif

#endif
