"""The native engine equals the reference on every instruction set, batch size and number of threads."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from drawn_programs import seeds, sizes, thorough
from hypothesis import given
from numpy.typing import NDArray
from random_programs import WIDTHS, Limits, Size, adversarial_images, kinds, random_images, random_program

from lbpnet.engine import Engine, reference_scores
from lbpnet.errors import ConfigError, ImageError
from lbpnet.program import Program

PROGRAMS = 320
BATCHES = (0, 1, 3, 65)
THREADS = (1, 2)
NATIVE = tuple(isa for isa in Engine.isas() if isa != "reference")


def images_for(program: Program, draw: np.random.Generator, count: int = 65) -> NDArray[np.uint8]:
    hard = adversarial_images(program.input)
    return np.concatenate([hard, random_images(draw, program.input, count - len(hard))])


def compare(program: Program, images: NDArray[np.uint8], ran: Counter[str]) -> None:
    """Every instruction set, batch size and number of threads against the reference."""
    expected = reference_scores(program, images)
    for isa in NATIVE:
        engine = Engine(program, isa=isa)
        for threads in THREADS:
            for batch in BATCHES:
                # From both ends: the hard images alone, and the last images at another place of a batch.
                for part in (slice(0, batch), slice(len(images) - batch, len(images))):
                    found = engine.scores(images[part], threads=threads)
                    assert found.dtype == np.int32
                    assert found.shape == (batch, program.num_classes)
                    assert np.array_equal(found, expected[part]), (isa, threads, part)
                    ran[isa] += 1
        assert np.array_equal(engine.predict(images), expected.argmax(1)), isa


def compare_seeds(first: int, count: int, limits: Limits | None = None, size: Size | None = None) -> Counter[str]:
    ran: Counter[str] = Counter()
    for seed in range(first, first + count):
        draw = np.random.default_rng(seed)
        program = random_program(draw, size, limits)
        compare(program, images_for(program, draw), ran)
    return ran


def complete(ran: Counter[str], programs: int) -> bool:
    """Whether every instruction set of this CPU ran every batch of every program."""
    each = programs * len(BATCHES) * len(THREADS) * 2
    return set(ran) == set(NATIVE) and min(ran.values()) >= each


def test_portable_code_is_always_there() -> None:
    assert "portable" in NATIVE
    assert Engine.isas() == ("reference", *NATIVE)


def test_every_path_equals_the_reference_on_random_programs() -> None:
    ran: Counter[str] = Counter()
    met: Counter[str] = Counter()

    @thorough(PROGRAMS)
    @given(seeds, sizes)
    def check(seed: int, size: Size) -> None:
        draw = np.random.default_rng(seed)
        program = random_program(draw, size)
        compare(program, images_for(program, draw), ran)
        met.update(kinds(program))

    check()
    assert complete(ran, PROGRAMS)
    wanted = {"Shrink", "Compare", "Join", "MaxPool", "pack", "count", "threshold"}
    assert all(met[name] >= PROGRAMS // 8 for name in wanted), met


def test_batches_with_images_as_lanes_equal_the_reference() -> None:
    ran = 0
    for seed in range(60):
        draw = np.random.default_rng(5000 + seed)
        program = random_program(draw)
        images = images_for(program, draw, 70)
        images = images[np.arange(600) * 37 % len(images)]
        expected = reference_scores(program, images)
        for isa in NATIVE:
            engine = Engine(program, isa=isa)
            # Whole slices, one more, and a last one that is more or less than half full.
            for count, threads in ((256, 1), (257, 2), (511, 1), (600, 2)):
                assert np.array_equal(engine.scores(images[:count], threads), expected[:count]), (isa, count)
                ran += 1
    assert ran == 60 * len(NATIVE) * 4


@pytest.mark.parametrize("width", WIDTHS)
def test_every_path_equals_the_reference_at_every_width(width: int) -> None:
    assert complete(compare_seeds(1000 * width, 6, size=Size(width=width)), 6)


def test_every_path_equals_the_reference_on_patterns_of_16_bits() -> None:
    assert complete(compare_seeds(10_000, 30, Limits(pack_points=16, count_points=16)), 30)


def test_every_path_equals_the_reference_on_long_thin_images() -> None:
    ran: Counter[str] = Counter()
    for index, (height, width) in enumerate([(1, 4096), (4096, 1), (3, 1025), (513, 2)]):
        draw = np.random.default_rng(index)
        program = random_program(draw, Size(1, height, width, steps=4), Limits(comparisons=6, kernels=4))
        compare(program, images_for(program, draw), ran)
    assert complete(ran, 4)


@pytest.mark.slow
def test_every_path_equals_the_reference_on_large_programs() -> None:
    limits = Limits(steps=16, comparisons=320, kernels=80, classes=100, windows=9)
    assert complete(compare_seeds(20_000, 40, limits, Size(height=28, width=28)), 40)


@pytest.mark.slow
def test_every_path_equals_the_reference_on_three_thousand_programs() -> None:
    assert complete(compare_seeds(30_000, 3000), 3000)


def test_many_callers_of_one_engine_get_what_one_caller_gets() -> None:
    ran = 0
    for seed in range(6):
        draw = np.random.default_rng(seed)
        program = random_program(draw, Size(height=28, width=28, steps=6))
        images = images_for(program, draw, 130)
        expected = reference_scores(program, images)
        for isa in NATIVE:
            engine = Engine(program, isa=isa)
            parts = [slice(i, i + n) for n in (1, 2, 65, 130) for i in range(0, 130, n)] * 2
            threads = [1 + index % 2 for index in range(len(parts))]
            with ThreadPoolExecutor(8) as pool:
                scored = pool.map(engine.scores, [images[part] for part in parts], threads)
                for part, found in zip(parts, scored, strict=True):
                    assert np.array_equal(found, expected[part]), (isa, part)
                    ran += 1
    assert ran == 6 * len(NATIVE) * 2 * 198


def test_two_engines_of_different_programs_do_not_disturb_each_other() -> None:
    made = []
    for seed in range(8):
        draw = np.random.default_rng(seed)
        program = random_program(draw)
        images = images_for(program, draw)
        made.append((Engine(program), images, reference_scores(program, images)))
    for _ in range(3):
        for engine, images, expected in made:
            assert np.array_equal(engine.scores(images), expected)


def test_strided_read_only_and_unaligned_images_give_the_same_scores() -> None:
    draw = np.random.default_rng(5)
    program = random_program(draw, Size(channels=2, height=11, width=17, steps=6))
    images = images_for(program, draw)
    expected = reference_scores(program, images)
    buffer = np.zeros(images.size + 1, np.uint8)
    unaligned = buffer[1:].reshape(images.shape)
    unaligned[:] = images
    frozen = images.copy()
    frozen.flags.writeable = False
    turned = np.ascontiguousarray(images.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    ran = 0
    for isa in NATIVE:
        engine = Engine(program, isa=isa)
        for same in (unaligned, frozen, turned, np.repeat(images, 2, axis=0)[::2], images[::-1][::-1]):
            assert np.array_equal(engine.scores(same), expected)
            ran += 1
    assert ran == 5 * len(NATIVE)


def test_the_lowest_of_equal_classes_wins() -> None:
    ran = 0
    for seed in range(400):
        draw = np.random.default_rng(seed)
        program = random_program(draw, Size(height=5, width=5, steps=1))
        images = images_for(program, draw, 20)
        scores = reference_scores(program, images)
        tied = (scores == scores.max(1, keepdims=True)).sum(1) > 1
        if tied.any():
            ran += 1
            for isa in NATIVE:
                assert np.array_equal(Engine(program, isa=isa).predict(images), scores.argmax(1))
    assert ran >= 10


@pytest.mark.parametrize("isa", ["", "sse9", "AVX2", "avx2 "])
def test_an_unknown_instruction_set_is_refused(isa: str) -> None:
    program = random_program(np.random.default_rng(0))
    with pytest.raises(ConfigError, match="portable"):
        Engine(program, isa=isa)


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_are_refused(threads: int) -> None:
    program = random_program(np.random.default_rng(0))
    with pytest.raises(ValueError, match="threads"):
        Engine(program).scores(adversarial_images(program.input), threads=threads)


def test_images_of_a_wrong_shape_or_type_are_named() -> None:
    program = random_program(np.random.default_rng(0), Size(channels=2, height=5, width=7))
    right = np.zeros((3, 2, 5, 7), np.uint8)
    wrong: list[NDArray[Any]] = [
        right.astype(np.float32),
        right.astype(np.int8),
        right.astype(bool),
        right.astype(np.uint16),
        right[0],
        right[:, :1],
        right[:, 0],
        right[..., :6],
        right[:, :, :4],
        right.transpose(0, 2, 3, 1),
        right[None],
        np.zeros((), np.uint8),
        np.zeros((0,), np.uint8),
    ]
    ran = 0
    for isa in NATIVE:
        engine = Engine(program, isa=isa)
        for images in wrong:
            for method in (engine.scores, engine.predict):
                with pytest.raises(ImageError, match=r"images: expected .*, got "):
                    method(images)
                ran += 1
        assert np.array_equal(engine.scores(right), reference_scores(program, right))
    assert ran == 26 * len(NATIVE)


def test_images_of_one_channel_need_no_axis_for_it() -> None:
    draw = np.random.default_rng(1)
    program = random_program(draw, Size(channels=1))
    images = images_for(program, draw)
    for isa in NATIVE:
        engine = Engine(program, isa=isa)
        assert np.array_equal(engine.scores(images[:, 0]), engine.scores(images))
