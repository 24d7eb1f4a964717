/* The plan of an engine: one array of int32 that says, in order, what to do with which bytes of the scratch memory.
 * `lbpnet.engine.plan` writes it; `lbp_engine_load` refuses whatever would reach outside.
 *
 *   header   magic, version, words in all, channels, height, width, scratch bytes, maps, byte maps, ops, features,
 *            sums, narrow (or, with images as lanes, bits of a feature), row windows, column windows, with images as
 *            lanes the bytes of a vector, else 0, and how many layers read max(0, sums)
 *   maps     word bytes, strips, height, width, lanes, halo                                          (each)
 *   bytes    height, width, border                                                                   (each)
 *   windows  start, end of each row window, then of each column window
 *   ops      kind, count of arguments, arguments                                                     (each)
 *   weights  (sums, features), then the biases
 *   layers   outputs, (outputs, inputs) weights, then the biases                                     (each)
 *
 * Arguments (planes are named by the byte offset of their first word; a haloed plane's lies `centre` after its start):
 *   IMAGE         channel, to, byte map
 *   SHRINK        from, byte map, to, byte map, factor
 *   BYTE_MAX      from, byte map, to, byte map                            blocks of 2 x 2
 *   BYTE_COMPARE  from, byte map, map, then (dy, dx, to) each             plain planes
 *   BYTE_POOL     from, byte map, feature
 *   SLICE         from, byte map, map, to, room for a byte of each image and pixel: images as lanes only
 *   FILL          to, map, 0 or 1                                         plain plane
 *   ENCODE        map, code, points, parameter, planes, to, plane stride, haloed, then (from, is it haloed) each
 *   COMPARE       map, from, planes, gated, plane stride, how many with dx < 0, = 0, > 0, then (dy, |dx|, to) each
 *   MAX           map, from, map, to, planes, plane stride, plane stride
 *   POOL          map, planes, gated, feature, from, haloed, plane stride
 *   POOL_BITS     map, points, gated, feature, then (from, is it haloed) each
 */
#ifndef LBP_ENGINE_PLAN_H
#define LBP_ENGINE_PLAN_H

#include "engine.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LBP_PLAN_MAGIC = 0x4550424c, LBP_PLAN_VERSION = 2, LBP_PLAN_HEADER = 17, LBP_MAX_LAYERS = 64 };

enum {
    LBP_OP_IMAGE,
    LBP_OP_SHRINK,
    LBP_OP_BYTE_MAX,
    LBP_OP_BYTE_COMPARE,
    LBP_OP_BYTE_POOL,
    LBP_OP_SLICE,
    LBP_OP_FILL,
    LBP_OP_ENCODE,
    LBP_OP_COMPARE,
    LBP_OP_MAX,
    LBP_OP_POOL,
    LBP_OP_POOL_BITS,
    LBP_OP_KINDS
};
/* Added to kinds of ops on maps of shapes that have code of their own (engine_usual.h). */
enum { LBP_USUAL32 = LBP_OP_KINDS, LBP_USUAL16 = 2 * LBP_OP_KINDS };

/* PACK: the bits; GATED: floor 2^(n-1) - 1 (see engine.h); FLOOR: max(v, parameter); COUNT; LIMIT: count >= parameter. */
enum { LBP_CODE_PACK, LBP_CODE_GATED, LBP_CODE_FLOOR, LBP_CODE_COUNT, LBP_CODE_LIMIT, LBP_CODES };

/* Returns NULL and a reason (a string that lives forever) where the plan is not sound or memory is short. */
lbp_engine *lbp_engine_load(const int32_t *plan, size_t words, const char **reason);
void lbp_engine_free(lbp_engine *engine);

/* Whether every argument of an op keeps inside its planes (engine_check.c); the reason if not. */
const char *lbp_check_op(const lbp_engine *engine, const lbp_op *op);

/* Of an op whose maps and windows are known: its `run`, `feature` and `pooled` (engine_shapes.c). */
void lbp_find_shape(lbp_engine *engine, int index);

/* Of a plan whose ops and weights are known: its `cell_weights` and `quads`; the reason if memory is short. */
const char *lbp_plan_cells(lbp_engine *engine);

/* Of a plan whose weights are known: its `layers`, from the words between `at` and `end`, and the scores' number. */
const char *lbp_plan_layers(lbp_engine *engine, const int32_t *at, const int32_t *end);

#ifdef __cplusplus
}
#endif
#endif
