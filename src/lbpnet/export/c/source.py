"""The generated header and source: names, sizes and tables, no logic."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ...program import Program
from ...program.netlist import Coded, Compared, Netlist
from .coded import CodedWeights
from .constants import numbers, table, words
from .hidden import ending, kept_units, layer_tables, target
from .tables import Tables, kernel_code
from .tiles import tile_macros
from .windows import highest_sum

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.,-+")


@dataclass(frozen=True)
class Plans:
    """The tables of one program: for `rows` a row or a pair of rows at a time, where it allows that; for `planes`."""

    rows: Tables
    pairs: Tables | None
    whole: Tables

    def choose(self, text: Callable[[Tables], str]) -> str:
        """Return what one of the tables gives, as the build chooses."""
        pairs = f"#elif LBP_PAIRED\n{text(self.pairs)}\n" if self.pairs else ""
        return f"#ifdef LBP_SCHEDULE_planes\n{text(self.whole)}\n{pairs}#else\n{text(self.rows)}\n#endif"


def string_literal(text: str) -> str:
    """Return a C string of the UTF-8 bytes of a text, in ASCII; what could end or escape it is octal."""
    return '"' + "".join(chr(b) if b in _PLAIN else f"\\{b:03o}" for b in text.encode()) + '"'


def network_header(plans: Plans) -> str:
    """Return the text of lbp_network.h: what the runtime is built for."""
    rows, netlist = plans.rows, plans.rows.netlist
    signals = rows.signals
    kinds = {key[0] for key, _ in rows.runs}
    codes = {kernel_code(c)[0] for c in netlist.channels if isinstance(c, Coded)}
    compared = [signals.values[c.source] for c in netlist.channels if isinstance(c, Compared)]
    usual = Counter((len(v.planes), v.gated) for v in compared if len(v.planes) < 8).most_common(1)
    bits = rows.weight_bits
    term = highest_sum(netlist) * 4 << bits - 1  # a sum of four features by the largest weight
    macros: dict[str, int | str] = {
        "WIDEST": max(g.width for g in signals.geometries),
        "FARTHEST": max((abs(c.dx) for c in netlist.channels if isinstance(c, Compared)), default=0),
        "KINDS": sum(1 << kind for kind in kinds),
        "CODES": sum(1 << code for code in codes),
        "WIDE": int(rows.wide),
        "WEIGHT_BITS": bits,
        "SUM_BYTES": rows.sum_bytes,
        "TERM_BITS": 16 if term < 1 << 15 else 32,
    }
    if usual:
        (planes, gated), _ = usual[0]
        macros |= {"USUAL_PLANES": planes, "USUAL_GATED": int(gated)}
        if all(pooled == (planes, gated) for pooled in rows.pooled_kinds()):
            macros["POOLS_USUAL"] = 1
            macros |= {"ALIKE": 1} if rows.sums_alike() else {}
    macros |= tile_macros(netlist)
    if len(signals.geometries) == 1:
        macros["ROW_STEPS"] = rows.row_steps
    if plans.pairs:
        macros |= {"PAIRS": 1, "PAIR_STEPS": plans.pairs.row_steps}
    if netlist.layers:
        macros["HIDDEN"] = 1
    lines = "\n".join(f"#define LBP_{name} {value}" for name, value in macros.items())
    return f"""\
/* What the runtime is built for: one network; written by lbpnet. With LBP_GENERAL it is built for all, and this is not
 * used. */
#ifndef LBP_NETWORK_H
#define LBP_NETWORK_H

{lines}

#endif
"""


def header(program: Program, name: str, plans: Plans) -> str:
    """Return the text of NAME.h."""
    first = program.input
    row_words = "\n".join(
        f"#define {name}_W{g} LBP_ROW_WORDS({geometry.width}) /* words of a row of {geometry.width} pixels */"
        for g, geometry in enumerate(plans.rows.signals.geometries)
    )
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
{plans.choose(lambda tables: _scratch(name, tables))}

#ifdef __cplusplus
extern "C" {{
#endif

/* image: uint8 [CHANNELS][HEIGHT][WIDTH]; scores: [CLASSES]. Returns the class: the largest score's index, the lowest
 * among equals. Not to be called twice at once; {name}_predict_with may be, each call with scratch of its own. */
int {name}_predict(const uint8_t *image, int32_t *scores);
int {name}_predict_with({name}_scratch *scratch, const uint8_t *image, int32_t *scores);

#ifndef LBP_SCHEDULE_planes
/* A row at a time: begin, then each row y = 0 .. HEIGHT - 1 of channel 0, those of the other channels lying
 * channel_stride bytes apart, then end, which returns the class. {_scores_rule(plans)} */
void {name}_begin({name}_scratch *scratch, int32_t *scores);
void {name}_row({name}_scratch *scratch, uint16_t y, const uint8_t *row, uint32_t channel_stride, int32_t *scores);
int {name}_end({name}_scratch *scratch, int32_t *scores);
#endif

#ifndef __AVR__ /* there they would lie in RAM */
extern const char *const {name}_class_names[{name}_CLASSES]; /* UTF-8 */
#endif

#ifdef __cplusplus
}}
#endif

#endif
"""


def _scores_rule(plans: Plans) -> str:
    """Return what a caller of rows must know of scores."""
    return "Scores are end's alone." if plans.rows.netlist.layers else "The same scores throughout."


def _scratch(name: str, tables: Tables) -> str:
    """Return the type of an image's scratch memory."""
    bit_words = "1"
    for g, count in sorted(tables.bit_rows.items()):
        count *= tables.signals.geometries[g].height if tables.whole else 1
        bit_words = f"LBP_LARGER({bit_words}, {count} * {name}_W{g})"
    columns, units = len(tables.netlist.columns), kept_units(tables.netlist)
    hidden = f"\n    int32_t units[{units}];" if units else ""
    return f"""\
typedef struct {{
    lbp_word planes[LBP_LARGER(1, {words(tables.plane_rows, f"{name}_W")} + LBP_SLIDES)];
    lbp_word bits[{bit_words}];
#if LBP_TILED
    lbp_word sums[{2 * tables.window_rows}];
#else
    uint{8 * tables.sum_bytes}_t sums[{columns * tables.window_rows}];
#endif
    uint16_t blocks[{max(tables.blocks, 1)}];{hidden}
}} {name}_scratch;"""


def source(program: Program, name: str, plans: Plans) -> str:
    """Return the text of NAME.c."""
    rows = plans.rows
    names = program.classes or tuple(str(index) for index in range(program.num_classes))
    row_words = "\n".join(f"#define W{g} {name}_W{g}" for g in range(len(rows.signals.geometries)))
    listed = ",\n    ".join(map(string_literal, names))
    return f"""\
/* The tables of a network; written by lbpnet. Their format is described in lbp_tables.h. */
#include "{name}.h"

{row_words}
#if LBP_TILED
#define SUMS_A_ROW 2
#else
#define SUMS_A_ROW {len(rows.netlist.columns)}
#endif

{plans.choose(lambda tables: _tables(program, tables))}

#if LBP_CODED
static const lbp_network network = {{shape, wiring, values, taps, weights, bias, ranges, symbols, SHORTEST}};
#else
static const lbp_network network = {{shape, wiring, values, taps, weights, bias}};
#endif
{layer_tables(rows.netlist)}static {name}_scratch own;

{_functions(name, rows.netlist)}
#ifndef __AVR__
const char *const {name}_class_names[{name}_CLASSES] = {{
    {listed}}};
#endif
"""


def _functions(name: str, netlist: Netlist) -> str:
    sums = target(netlist)
    unused = "    (void)scores;\n" if netlist.layers else ""
    return f"""\
static lbp_memory memory_of({name}_scratch *scratch) {{
    lbp_memory memory;
    memory.planes = scratch->planes;
    memory.bits = scratch->bits;
    memory.sums = scratch->sums;
    memory.blocks = scratch->blocks;
    return memory;
}}

int {name}_predict(const uint8_t *image, int32_t *scores) {{ return {name}_predict_with(&own, image, scores); }}

int {name}_predict_with({name}_scratch *scratch, const uint8_t *image, int32_t *scores) {{
    const lbp_memory memory = memory_of(scratch);
#ifdef LBP_SCHEDULE_planes
    {ending(netlist, f"lbp_planes_predict(&network, &memory, image, {sums})")}
#else
    {ending(netlist, f"lbp_rows_predict(&network, &memory, image, {sums})")}
#endif
}}

#ifndef LBP_SCHEDULE_planes
void {name}_begin({name}_scratch *scratch, int32_t *scores) {{
    const lbp_memory memory = memory_of(scratch);
{unused}    lbp_rows_begin(&network, &memory, {sums});
}}

void {name}_row({name}_scratch *scratch, uint16_t y, const uint8_t *row, uint32_t channel_stride, int32_t *scores) {{
    const lbp_memory memory = memory_of(scratch);
{unused}    lbp_rows_step(&network, &memory, y, row, channel_stride, {sums});
}}

int {name}_end({name}_scratch *scratch, int32_t *scores) {{
    const lbp_memory memory = memory_of(scratch);
    {ending(netlist, f"lbp_rows_end(&network, &memory, {sums})")}
}}
#endif
"""


def _tables(program: Program, tables: Tables) -> str:
    coded, weights = tables.coded, table("uint8_t", "weights", map(str, tables.weights), "Weights, packed.")
    texts = [
        "" if tables.whole else _coded_firsts(coded),
        table("uint16_t", "shape", tables.shape(program.input), "Sizes, geometries, windows."),
        table("uint8_t", "wiring", tables.wiring.items, "Runs of records."),
        table("uint16_t", "values", tables.values, "Where each value's description begins; the descriptions."),
        table("uint16_t", "taps", tables.taps, "Samples: words from the pivot's row, columns."),
        weights if coded is None else f"#if LBP_CODED\n{_coded_tables(coded)}\n#else\n{weights}#endif\n",
        table("int32_t", "bias", numbers(tables.netlist.bias.tolist()), "Bias of each class."),
    ]
    fits = f"typedef char planes_fit_16_bits[{words(tables.plane_rows)} <= 65535 ? 1 : -1];\n"
    return "\n".join([fits, *texts]).rstrip()


def _coded_firsts(coded: CodedWeights | None) -> str:
    """Return the names that `LBP_WEIGHTS` stands for."""
    if coded is None:
        return '#if LBP_CODED\n#error "LBP_SMALL: a row of windows has more weights than it can code"\n#endif\n'
    return "\n".join(f"#define CODED_{run} {first}" for run, first in enumerate(coded.firsts)) + "\n"


def _coded_tables(coded: CodedWeights) -> str:
    texts = [
        table("uint8_t", "weights", map(str, coded.weights), "Weights, coded."),
        table("uint16_t", "ranges", map(str, coded.code.ranges()), "Their code: for each length."),
        table("uint8_t", "symbols", map(str, coded.code.symbols), "What codes stand for."),
        f"enum {{ SHORTEST = {min(coded.code.lengths.values())} }};",
    ]
    return "\n".join(texts)
