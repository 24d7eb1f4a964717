"""Native kernels: every instruction set of this machine against the plain definitions, and how one is chosen.

Tolerances. Bits: the kernels add fractions of the taps' differences to one of them, the definition weighs four
differences; in fp32 the two agree to some 1e-7 of the pixel range, so that a hard bit may differ only where |d| is
below 1e-5. Gradients are fp32 sums of up to some thousand terms of order 1, over pixels and images in another order,
of slopes that are polynomials good to 1.5e-6: relative 1e-3, absolute 5e-5; alpha's, a sum over all points, 2e-4.
"""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from lbpnet.errors import ConfigError, KernelError
from lbpnet.ops import compare, compare_reference, instruction_set, project_routed, project_routed_reference
from lbpnet.ops.differences import tap_differences
from lbpnet.ops.native import VARIABLE, NoKernelsWarning, available_instruction_sets, import_kernels
from lbpnet.ops.taps import bilinear_taps

ALPHA = torch.tensor(0.3)
SHAPES = [(1, 1, 1, 1), (2, 1, 5, 7), (2, 3, 4, 9), (1, 2, 1, 33), (3, 5, 17, 3), (1, 1, 31, 1)]


def undecided(x: Tensor, offsets: Tensor, window: int, route: Tensor | None) -> Tensor:
    """(B, D, H, W): where some difference that the bit reads is within 1e-5 of zero."""
    taps = bilinear_taps(offsets, window).expand(x.shape[1], -1, -1)
    close = torch.einsum("cdt,tbchw->bcdhw", taps, tap_differences(x, window)).abs() < 1e-5
    return close.any(1) if route is None else close[:, route, torch.arange(len(route))]


def gradients(function: Any, x: Tensor, offsets: Tensor, weights: Tensor, **options: Any) -> list[Tensor]:
    leaves = [t.clone().requires_grad_() for t in (x, offsets, ALPHA)]
    (function(*leaves, **options) * weights).sum().backward()
    return [leaf.grad for leaf in leaves if leaf.grad is not None]


def assert_equal_to_the_definition(x: Tensor, offsets: Tensor, window: int, route: Tensor | None, rng: Any) -> None:
    options: dict[str, Any] = {"window": window, "route": route}
    for hard in (True, False):
        found = compare(x, offsets, ALPHA, hard=hard, **options)
        wanted = compare_reference(x, offsets, ALPHA, hard=hard, **options)
        wrong = (found - wanted).abs() > (1e-6 if hard else 1e-5)
        if hard:
            wrong &= ~undecided(x, offsets, window, route)
        assert not bool(wrong.any())
        weights = rng.uniform(*found.shape) - 0.5
        pairs = zip(
            gradients(compare, x, offsets, weights, hard=hard, **options),
            gradients(compare_reference, x, offsets, weights, hard=hard, **options),
            strict=True,
        )
        for grad, expected in pairs:
            torch.testing.assert_close(grad, expected, rtol=1e-3, atol=2e-4 if grad.ndim == 0 else 5e-5)


def test_comparison_equals_the_definition_on_every_instruction_set(every_kernel: Any, draw: Any) -> None:
    cases = itertools.product(SHAPES, (3, 5, 7), (True, False), (True, False))
    ran = 0
    for _, (seed, (shape, window, shared, routed)) in every_kernel.times(enumerate(cases)):
        rng = draw(seed)
        offsets = rng.offsets(1 if shared else shape[1], 5, window)
        route = rng.route(5, shape[1]) if routed else None
        assert_equal_to_the_definition(rng.uniform(*shape), offsets, window, route, rng)
        ran += 1
    assert ran == 72 * len(every_kernel) >= 72


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 20), st.integers(1, 20)),
    window=st.sampled_from([3, 5, 7, 9]),
    points=st.integers(1, 9),
    shared=st.booleans(),
    routed=st.booleans(),
    whole=st.booleans(),
    seed=st.integers(0, 2**20),
)
def test_comparison_equals_the_definition_on_random_shapes(
    every_kernel: Any,
    draw: Any,
    shape: tuple[int, int, int, int],
    window: int,
    points: int,
    shared: bool,
    routed: bool,
    whole: bool,
    seed: int,
) -> None:
    for _ in every_kernel:
        rng = draw(seed)
        offsets = rng.offsets(1 if shared else shape[1], points, window)
        route = rng.route(points, shape[1]) if routed else None
        offsets = offsets.round() if whole else offsets
        assert_equal_to_the_definition(rng.uniform(*shape), offsets, window, route, rng)


def test_whole_pixels_of_whole_numbers_are_compared_exactly(every_kernel: Any, draw: Any) -> None:
    ran = 0
    for _, (seed, (shape, window, routed)) in every_kernel.times(
        enumerate(itertools.product(SHAPES, (3, 5, 7), (True, False)))
    ):
        rng = draw(seed)
        # Grey levels as the network sees them: their differences are not exact in fp32, the reads must be.
        levels = rng.whole(*shape, high=255 if seed % 2 else 3)
        x = levels / 255
        offsets = rng.whole(1, 6, 2, low=-(window // 2), high=window // 2)
        route = rng.route(6, shape[1]) if routed else None
        found = compare(x, offsets, ALPHA, window=window, hard=True, route=route)
        wanted = compare_reference(x, offsets, ALPHA, window=window, hard=True, route=route)
        if routed or shape[1] == 1:
            assert torch.equal(found, wanted)
        else:
            # A mean over channels: the counts are equal.
            assert torch.equal((found * shape[1]).round(), (wanted * shape[1]).round())
        assert torch.equal(found, compare(levels, offsets, ALPHA, window=window, hard=True, route=route))
        ran += 1
    assert ran == 36 * len(every_kernel) >= 36


def test_equal_pixels_give_no_bit_and_half_an_open_smoothed_one(every_kernel: Any, draw: Any) -> None:
    ran = 0
    for _, (value, routed) in every_kernel.times(itertools.product((0.0, 0.1, 1 / 3, 255.0), (True, False))):
        x, offsets = torch.full((2, 3, 5, 9), value), draw(0).offsets(1, 16, 5)
        route = draw(0).route(16, 3) if routed else None
        assert not bool(compare(x, offsets, ALPHA, window=5, hard=True, route=route).any())
        soft = compare(x, offsets, ALPHA, window=5, hard=False, route=route)
        torch.testing.assert_close(soft, torch.full_like(soft, 0.5), rtol=0, atol=1e-7)
        ran += 1
    assert ran == 8 * len(every_kernel) >= 8


def test_far_differences_saturate_without_nan(every_kernel: Any) -> None:
    x = torch.tensor([0.0, 1e30, -1e30, 5.0]).view(1, 1, 1, 4)
    right = torch.tensor([[(0.0, 1.0)]])
    ran = 0
    for _ in every_kernel:
        assert compare(x, right, ALPHA, window=3, hard=False).flatten().tolist() == pytest.approx(
            [1, 0, 1, 0.5], abs=1e-12
        )
        leaf = x.clone().requires_grad_()
        compare(leaf, right, ALPHA, window=3, hard=False).sum().backward()
        assert leaf.grad is not None
        # The last pixel meets itself: its two slopes cancel.
        assert leaf.grad.flatten().tolist() == pytest.approx([0, 0, 0, 0], abs=1e-12)
        ran += 1
    assert ran == len(every_kernel) >= 1


def test_projection_equals_the_definition_on_every_instruction_set(every_kernel: Any, draw: Any) -> None:
    shapes = [(1, 4, 1, 1), (2, 16, 5, 7), (3, 8, 1, 33), (1, 6, 17, 3)]
    ran = 0
    cases = itertools.product(shapes, (1, 3, 4), (True, False), (True, False))
    for _, (seed, (shape, k, binary, hard)) in every_kernel.times(enumerate(cases)):
        rng = draw(seed)
        bits = rng.whole(*shape, high=1) if binary else rng.uniform(*shape)
        route, bias = rng.rows(7, shape[1], k), rng.uniform(7) - k / 2
        bias[0] = -1.0
        tau = torch.tensor(0.9)
        weights = rng.uniform(shape[0], 7, *shape[2:]) - 0.5
        results = []
        for function in (project_routed, project_routed_reference):
            leaves = [t.clone().requires_grad_() for t in (bits, bias)]
            maps, alive, shortfall = function(leaves[0], route, leaves[1], tau, hard=hard, margin=0.75)
            ((maps * weights).sum() + 5 * alive - 7 * shortfall).backward()
            results.append((maps, torch.stack([alive, shortfall]), *(leaf.grad for leaf in leaves)))
        (found, means, *grads), (wanted, wanted_means, *wanted_grads) = results
        z = torch.stack([bits[:, row].sum(1) for row in route.long()], 1) + bias.view(-1, 1, 1)
        if hard and binary:
            # Half counts and biases are summed in another order: only there may the last place decide.
            assert torch.equal(found[z.abs() > 1e-5], wanted[z.abs() > 1e-5])
            assert torch.equal(found[:, 0], wanted[:, 0])
        elif hard:
            assert torch.equal(found[z.abs() > 1e-5], wanted[z.abs() > 1e-5])
        else:
            torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)
        torch.testing.assert_close(means, wanted_means, rtol=1e-5, atol=1e-6)
        for grad, expected in zip(grads, wanted_grads, strict=True):
            assert grad is not None and expected is not None
            torch.testing.assert_close(grad, expected, rtol=1e-3, atol=5e-5)
        ran += 1
    assert ran == 48 * len(every_kernel) >= 48


@pytest.fixture
def threads() -> Iterator[None]:
    """Restores torch's number of threads."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
def test_the_number_of_threads_changes_no_bit_of_any_result(every_kernel: Any, draw: Any) -> None:
    rng = draw(4)
    x, offsets, route = rng.uniform(5, 3, 9, 11), rng.offsets(1, 6, 5), rng.rows(4, 6, 3)
    weights = rng.uniform(5, 4, 9, 11) - 0.5
    ran = 0
    for _ in every_kernel:
        results: list[list[Tensor | None]] = []
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            leaves = [t.clone().requires_grad_() for t in (x, offsets, ALPHA, torch.full((4,), -1.5))]
            bits = compare(*leaves[:3], window=5, hard=False)
            maps, alive, shortfall = project_routed(bits, route, leaves[3], torch.tensor(1.5), hard=True)
            ((maps * weights).sum() + alive + shortfall).backward()
            results.append([bits, maps, alive, shortfall, *(leaf.grad for leaf in leaves)])
        for one, *others in zip(*results, strict=True):
            assert one is not None
            for other in others:
                assert other is not None and torch.equal(one, other)
                ran += 1
    assert ran == 16 * len(every_kernel) >= 16


def test_a_batch_of_no_images_gives_no_maps_and_no_gradient(every_way: Any, draw: Any) -> None:
    ran = 0
    for _, (routed, function) in every_way.times(itertools.product((True, False), (compare, compare_reference))):
        x, offsets = torch.zeros(0, 2, 4, 5, requires_grad=True), draw(0).offsets(1, 3, 3).requires_grad_()
        route = torch.tensor([0, 1, 0], dtype=torch.int32) if routed else None
        bits = function(x, offsets, ALPHA, window=3, hard=True, route=route)
        assert bits.shape == (0, 3, 4, 5)
        maps = project_routed(bits, torch.zeros(2, 1, dtype=torch.int32), torch.zeros(2), ALPHA, hard=True).maps
        assert maps.shape == (0, 2, 4, 5)
        maps.sum().backward()
        assert offsets.grad is not None and not bool(offsets.grad.any())
        ran += 1
    assert ran == 4 * len(every_way) >= 4


def test_strided_tensors_give_the_same_result(every_way: Any, draw: Any) -> None:
    rng = draw(2)
    x, offsets = rng.uniform(4, 6, 10, 3).permute(0, 3, 1, 2)[::2, ..., ::2], rng.offsets(2, 1, 3).repeat(1, 8, 1)[:1]
    offsets = torch.stack([offsets[..., 1], offsets[..., 0]]).permute(1, 2, 0)
    route = torch.tensor([0, 9, 1, 9, 2, 9, 0, 9, 1, 9, 2, 9, 0, 9, 0, 9], dtype=torch.int32)[::2]
    rows = torch.tensor([[0, 3], [5, 1], [7, 2]], dtype=torch.int32).T
    assert not any(t.is_contiguous() for t in (x, offsets, route, rows))
    ran = 0
    for _, (hard, routed) in every_way.times(itertools.product((True, False), repeat=2)):
        results = []
        for tensors in ((x, offsets, route, rows), [t.contiguous() for t in (x, offsets, route, rows)]):
            a, b = (t.detach().requires_grad_() for t in tensors[:2])
            bits = compare(a, b, ALPHA, window=3, hard=hard, route=tensors[2] if routed else None)
            maps = project_routed(bits, tensors[3], torch.tensor([-1.5, -1.0]), ALPHA, hard=hard).maps
            # A gradient that is strided too.
            maps.transpose(2, 3).flatten().cumsum(0).sum().backward()
            results.append((bits, maps, a.grad, b.grad))
        for one, other in zip(*results, strict=True):
            assert one is not None and other is not None
            # Plain torch sums strided tensors in another order.
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-4)
        assert torch.equal(results[0][0], results[1][0])
        ran += 1
    assert ran == 4 * len(every_way) >= 4


X, OFFSETS, ROUTE = torch.zeros(2, 3, 4, 5), torch.zeros(1, 2, 2), torch.tensor([0, 2], dtype=torch.int32)


def wrong_comparisons() -> list[tuple[str, dict[str, Any]]]:
    """The argument at fault, and what to pass instead of the valid one."""
    nan = float("nan")
    return [
        ("x", {"x": X[0]}),
        ("x", {"x": X.byte()}),
        ("x", {"x": X[:, :, :0]}),
        ("offsets", {"offsets": OFFSETS[0]}),
        ("offsets", {"offsets": OFFSETS.expand(2, 2, 2)}),
        ("offsets", {"offsets": torch.zeros(1, 2, 3)}),
        ("offsets", {"offsets": OFFSETS.int()}),
        ("offsets", {"offsets": OFFSETS + 1.01}),
        ("offsets", {"offsets": OFFSETS - 2}),
        ("offsets", {"offsets": OFFSETS + nan}),
        ("offsets", {"offsets": OFFSETS.to("meta")}),
        ("alpha", {"alpha": torch.ones(2)}),
        ("alpha", {"alpha": torch.tensor(0.0)}),
        ("alpha", {"alpha": torch.tensor(-1.0)}),
        ("alpha", {"alpha": torch.tensor(nan)}),
        ("alpha", {"alpha": ALPHA.to("meta")}),
        ("window", {"window": 1}),
        ("window", {"window": 4}),
        ("window", {"window": 257}),
        ("route", {"route": ROUTE.long()}),
        ("route", {"route": ROUTE[:1]}),
        ("route", {"route": ROUTE + 1}),
        ("route", {"route": ROUTE - 1}),
        ("route", {"route": ROUTE.to("meta")}),
    ]


def test_a_wrong_argument_is_named(every_way: Any) -> None:
    ran = 0
    functions = (compare, compare_reference)
    for _, (function, (name, change)) in every_way.times(itertools.product(functions, wrong_comparisons())):
        arguments = {"x": X, "offsets": OFFSETS, "alpha": ALPHA, "window": 3, "route": ROUTE, **change}
        with pytest.raises(KernelError, match=rf"^compare: {name}: expected "):
            function(**arguments, hard=True)
        ran += 1
    assert ran == 48 * len(every_way) >= 48


def test_a_pixel_that_is_no_number_is_an_error_wherever_it_is_read(every_way: Any) -> None:
    ran = 0
    places = [(0, 0, 0, 0), (1, 2, 3, 4), (1, 0, 2, 2)]
    for _, (place, routed, hard) in every_way.times(itertools.product(places, (True, False), (True, False))):
        x = X.clone()
        x[place] = float("nan")
        with pytest.raises(KernelError, match="compare: x: expected numbers, got NaN"):
            compare(x, OFFSETS, ALPHA, window=3, hard=hard, route=ROUTE if routed else None)
        ran += 1
    assert ran == 12 * len(every_way) >= 12


def test_an_unknown_instruction_set_is_named_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "mmx")
    with pytest.raises(ConfigError, match=r"LBPNET_KERNELS: expected auto, off or one of .*got 'mmx'"):
        compare(X, OFFSETS, ALPHA, window=3, hard=True)
    with pytest.raises(ConfigError, match="LBPNET_KERNELS"):
        project_routed(X, ROUTE.view(1, 2), torch.zeros(1), ALPHA, hard=True)


def test_off_never_touches_the_compiled_module_and_automatic_takes_the_fastest(
    instruction_sets: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    assert instruction_set() is None
    graph = compare(X.clone().requires_grad_(), OFFSETS, ALPHA, window=3, hard=True).grad_fn
    assert "Native" not in type(graph).__name__
    fastest = instruction_sets[-1] if instruction_sets else None
    for value in ("auto", None):
        if value is None:
            monkeypatch.delenv(VARIABLE)
        else:
            monkeypatch.setenv(VARIABLE, value)
        assert instruction_set() == fastest
        graph = compare(X.clone().requires_grad_(), OFFSETS, ALPHA, window=3, hard=True).grad_fn
        assert ("Native" in type(graph).__name__) == (fastest is not None)


@pytest.fixture
def no_module(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine where the kernels were not built."""

    def missing(name: str) -> None:
        raise ImportError(f"No module named '{name}'")

    monkeypatch.setattr("lbpnet.ops.native.import_module", missing)
    import_kernels.cache_clear()
    yield
    import_kernels.cache_clear()


@pytest.mark.usefixtures("no_module")
def test_without_kernels_one_warning_is_given_and_plain_torch_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.warns(NoKernelsWarning, match="plain torch") as caught:
        first = compare(X, OFFSETS, ALPHA, window=3, hard=False)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(compare(X, OFFSETS, ALPHA, window=3, hard=False), first)
        assert instruction_set() is None
        assert available_instruction_sets() == ()
        monkeypatch.setenv(VARIABLE, "portable")
        with pytest.raises(ConfigError, match="none built"):
            instruction_set()


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="only CI promises a compiler")
def test_ci_has_built_the_kernels(instruction_sets: tuple[str, ...]) -> None:
    assert "portable" in instruction_sets
