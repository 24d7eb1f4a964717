"""The generated header and source: names, sizes and tables, no logic."""

from __future__ import annotations

import math

from ...program import Program
from .constants import table, words
from .rows_tables import RowsTables

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.,-+")


def string_literal(text: str) -> str:
    """Return a C string of the UTF-8 bytes of a text, in ASCII; what could end or escape it is octal."""
    return '"' + "".join(chr(b) if b in _PLAIN else f"\\{b:03o}" for b in text.encode()) + '"'


def header(program: Program, name: str, rows: RowsTables) -> str:
    """Return the text of NAME.h."""
    first = program.input
    row_words = "\n".join(
        f"#define {name}_W{g} LBP_ROW_WORDS({geometry.width}) /* words of a row of {geometry.width} pixels */"
        for g, geometry in enumerate(rows.signals.geometries)
    )
    bit_words = "1"
    for g, count in sorted(rows.bit_rows.items()):
        bit_words = f"LBP_LARGER({bit_words}, {count} * {name}_W{g})"
    plane_words = words(rows.plane_rows, f"{name}_W")
    return f"""\
/* A network that classifies images without multiplying; written by lbpnet, see README.md. */
#ifndef {name}_H
#define {name}_H

#include "lbp_runtime.h"

#define {name}_CHANNELS {first.channels}
#define {name}_HEIGHT {first.height}
#define {name}_WIDTH {first.width}
#define {name}_PIXELS {math.prod(program.types[0].shape)}
#define {name}_CLASSES {program.num_classes}

{row_words}

/* What one image needs of RAM: static in {name}.c for {name}_predict, the caller's for the other functions. */
typedef struct {{
    lbp_word planes[LBP_LARGER(1, {plane_words})];
    lbp_word bits[{bit_words}];
    uint{8 * rows.sum_bytes}_t sums[{rows.sums}];
    uint16_t blocks[{max(rows.blocks, 1)}];
}} {name}_scratch;

#ifdef __cplusplus
extern "C" {{
#endif

/* image: uint8 [CHANNELS][HEIGHT][WIDTH]; scores: [CLASSES]. Returns the class: the largest score's index, the lowest
 * among equals. Not to be called twice at once; {name}_predict_with may be, each call with scratch of its own. */
int {name}_predict(const uint8_t *image, int32_t *scores);
int {name}_predict_with({name}_scratch *scratch, const uint8_t *image, int32_t *scores);

/* A row at a time: begin, then each row y = 0 .. HEIGHT - 1 of channel 0, those of the other channels lying
 * channel_stride bytes apart, then end, which returns the class. The same scores throughout. */
void {name}_begin({name}_scratch *scratch, int32_t *scores);
void {name}_row({name}_scratch *scratch, uint16_t y, const uint8_t *row, uint32_t channel_stride, int32_t *scores);
int {name}_end({name}_scratch *scratch, int32_t *scores);

#ifndef __AVR__ /* there they would lie in RAM */
extern const char *const {name}_class_names[{name}_CLASSES]; /* UTF-8 */
#endif

#ifdef __cplusplus
}}
#endif

#endif
"""


def source(program: Program, name: str, rows: RowsTables) -> str:
    """Return the text of NAME.c."""
    names = program.classes or tuple(str(index) for index in range(program.num_classes))
    row_words = "\n".join(f"#define W{g} {name}_W{g}" for g in range(len(rows.signals.geometries)))
    tables = [
        table("uint16_t", "shape", rows.shape(program.input), "Sizes, geometries, windows."),
        table("uint8_t", "wiring", rows.wiring.items, "Runs of records."),
        table("uint16_t", "values", rows.values, "Where each value's description begins; the descriptions."),
        table("uint16_t", "taps", rows.taps, "Samples: words from the pivot's row, columns."),
        table("uint8_t", "weights", map(str, rows.weights), "Weights, packed."),
        table("int32_t", "bias", [_int32(int(b)) for b in rows.netlist.bias], "Bias of each class."),
    ]
    return f"""\
/* The tables of a network; written by lbpnet. Their format is described in lbp_rows.c. */
#include "{name}.h"

{row_words}

typedef char planes_fit_16_bits[{words(rows.plane_rows)} <= 65535 ? 1 : -1];

{chr(10).join(tables)}
static const lbp_rows_network network = {{shape, wiring, values, taps, weights, bias}};
static {name}_scratch own;

static lbp_rows_memory memory_of({name}_scratch *scratch) {{
    lbp_rows_memory memory;
    memory.planes = scratch->planes;
    memory.bits = scratch->bits;
    memory.sums = scratch->sums;
    memory.blocks = scratch->blocks;
    return memory;
}}

int {name}_predict(const uint8_t *image, int32_t *scores) {{ return {name}_predict_with(&own, image, scores); }}

int {name}_predict_with({name}_scratch *scratch, const uint8_t *image, int32_t *scores) {{
    const lbp_rows_memory memory = memory_of(scratch);
    return lbp_rows_predict(&network, &memory, image, scores);
}}

void {name}_begin({name}_scratch *scratch, int32_t *scores) {{
    const lbp_rows_memory memory = memory_of(scratch);
    lbp_rows_begin(&network, &memory, scores);
}}

void {name}_row({name}_scratch *scratch, uint16_t y, const uint8_t *row, uint32_t channel_stride, int32_t *scores) {{
    const lbp_rows_memory memory = memory_of(scratch);
    lbp_rows_step(&network, &memory, y, row, channel_stride, scores);
}}

int {name}_end({name}_scratch *scratch, int32_t *scores) {{
    const lbp_rows_memory memory = memory_of(scratch);
    return lbp_rows_end(&network, &memory, scores);
}}

#ifndef __AVR__
const char *const {name}_class_names[{name}_CLASSES] = {{
    {("," + chr(10) + "    ").join(map(string_literal, names))}}};
#endif
"""


def _int32(value: int) -> str:
    return "-2147483647 - 1" if value == -(1 << 31) else str(value)
