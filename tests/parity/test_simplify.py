"""A program, its netlist and every pass over it give the same scores, on random programs and hard images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from drawn_programs import seeds, sizes, thorough
from hypothesis import given
from netlist_scores import netlist_scores
from random_programs import Limits, Size, adversarial_images, kinds, random_images, random_program

from lbpnet.engine import reference_scores
from lbpnet.program import Program
from lbpnet.program.expand import expand
from lbpnet.program.netlist import Coded, Compared, Constant, ImageChannel, Netlist, channel_sources
from lbpnet.program.simplify import drop_dead, merge_equal, merge_features, simplify

PROGRAMS = 320
PASSES: dict[str, Callable[[Netlist], Netlist]] = {
    "expand": lambda netlist: netlist,
    "merge_equal": merge_equal,
    "merge_features": merge_features,
    "drop_dead": drop_dead,
    "merge_equal of drop_dead": lambda netlist: merge_equal(drop_dead(netlist)),
    "simplify": simplify,
}


def test_every_pass_keeps_the_scores_of_random_programs() -> None:
    ran: Counter[str] = Counter()
    met: Counter[str] = Counter()

    @thorough(PROGRAMS)
    @given(seeds, sizes)
    def check(seed: int, size: Size) -> None:
        draw = np.random.default_rng(seed)
        program = random_program(draw, size)
        images = np.concatenate([random_images(draw, program.input, 2), adversarial_images(program.input)[::2]])
        expected = reference_scores(program, images)
        netlist = expand(program)
        for name, change in PASSES.items():
            assert np.array_equal(netlist_scores(change(netlist), images), expected), name
            ran[name] += 1
        met.update(kinds(program))

    check()
    assert set(ran) == set(PASSES)
    assert min(ran.values()) >= PROGRAMS
    wanted = {"Shrink", "Compare", "Join", "MaxPool", "pack", "count", "threshold"}
    assert all(met[name] >= PROGRAMS // 8 for name in wanted), met


def test_patterns_of_up_to_16_bits_keep_their_scores() -> None:
    limits, ran = Limits(pack_points=16, count_points=16), 0
    for seed in range(60):
        draw = np.random.default_rng(seed)
        program = random_program(draw, Size(height=9), limits)
        images = np.concatenate([random_images(draw, program.input, 2), adversarial_images(program.input)[3:5]])
        expected = reference_scores(program, images)
        assert np.array_equal(netlist_scores(simplify(expand(program)), images), expected), seed
        ran += max(kind.bits for kind in program.types[:-3]) > 8
    assert ran >= 5


def sample() -> list[tuple[Program, Netlist]]:
    programs = [random_program(np.random.default_rng(seed)) for seed in range(150)]
    return [(program, expand(program)) for program in programs]


def test_each_pass_does_its_work_somewhere_and_never_adds() -> None:
    did: Counter[str] = Counter()
    for _, netlist in sample():
        merged, features, alive = merge_equal(netlist), merge_features(netlist), drop_dead(netlist)
        did["equal channels merged"] += len(netlist.channels) - len(merged.channels) > 0
        did["constants folded"] += merged.count(Constant) > 0
        did["ones folded"] += any(c.value > 0 for c in merged.channels if isinstance(c, Constant))
        did["counts shortened"] += merged.count(Coded) > 0 and _bits(merged) < _bits(netlist)
        did["features merged or dropped"] += len(features.pooled) < len(netlist.pooled)
        did["constants moved into biases"] += not np.array_equal(merge_features(merged).bias, netlist.bias)
        did["dead channels dropped"] += len(alive.channels) < len(netlist.channels)
        for smaller in (merged, features, alive, simplify(netlist)):
            assert len(smaller.channels) <= len(netlist.channels)
            assert len(smaller.pooled) <= len(netlist.pooled)
    assert len(did) == 7
    assert min(did.values()) >= 5, did


def test_a_simplified_netlist_has_no_equal_dead_or_constant_channels_and_stays_so() -> None:
    ran = 0
    for _, netlist in sample():
        small = simplify(netlist)
        read = {source for channel in small.channels for source in channel_sources(channel)} | set(small.pooled)
        assert read == set(range(len(small.channels)))
        assert len(set(zip(small.channels, small.sides, strict=True))) == len(small.channels)
        for index, channel in enumerate(small.channels):
            assert all(source < index for source in channel_sources(channel))
            assert not (isinstance(channel, Compared) and (channel.dy, channel.dx) == (0, 0))
        assert len(simplify(small).channels) == len(small.channels)
        ran += small.count(ImageChannel) > 0
    assert ran > 100


def test_ranges_are_those_of_the_nodes_and_the_simplified_weights_stay_within_32_bits() -> None:
    ran = 0
    for program, netlist in sample():
        small = simplify(netlist)
        areas = np.outer(np.diff(small.rows), np.diff(small.columns)).reshape(-1)
        highs = np.array([small.highs[c] for c in small.pooled])
        reach = np.abs(small.weights) @ np.outer(highs, areas).reshape(-1) + np.abs(small.bias)
        assert reach.max() < 1 << 31
        assert max(small.highs[c] for c in small.pooled) <= max(kind.high for kind in program.types)
        ran += 1
    assert ran == 150


def _bits(netlist: Netlist) -> int:
    return sum(len(channel.bits) for channel in netlist.channels if isinstance(channel, Coded))
