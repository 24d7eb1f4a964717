"""The step function and its surrogate gradient, with numbers worked out by hand."""

from __future__ import annotations

import pytest
import torch

from lbpnet.ops import step

# x, t, sigmoid(x/t), s(1-s)/t, -s(1-s)x/t^2
POINTS = [
    (0.0, 1.0, 0.5, 0.25, 0.0),
    (0.0, 0.1, 0.5, 2.5, 0.0),
    (1.0, 2.0, 0.6224593312, 0.1175018561, -0.0587509281),
    (-3.0, 1.5, 0.1192029220, 0.0699957238, 0.1399914476),
    (0.3, 0.1, 0.9525741268, 0.4517665973, -1.3552997919),
]


def test_zero_is_closed_where_strict_and_open_where_not() -> None:
    x, t = torch.tensor([-1.0, -0.0, 0.0, 1e-30, 2.0]), torch.tensor(1.0)
    assert step(x, t, strict=True, hard=True).tolist() == [0, 0, 0, 1, 1]
    assert step(x, t, strict=False, hard=True).tolist() == [0, 1, 1, 1, 1]


def test_the_soft_forward_is_the_sigmoid_at_hand_computed_points() -> None:
    found = [float(step(torch.tensor(x), torch.tensor(t), strict=True, hard=False)) for x, t, *_ in POINTS]
    assert found == pytest.approx([s for _, _, s, *_ in POINTS], rel=1e-6)


@pytest.mark.parametrize("hard", [True, False])
@pytest.mark.parametrize("strict", [True, False])
def test_both_gradients_are_the_sigmoids_at_hand_computed_points(hard: bool, strict: bool) -> None:
    ran = 0
    for x, t, _, slope, by_temperature in POINTS:
        point = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        temperature = torch.tensor(t, dtype=torch.float64, requires_grad=True)
        (3 * step(point, temperature, strict=strict, hard=hard)).backward()
        assert point.grad is not None
        assert temperature.grad is not None
        assert float(point.grad) == pytest.approx(3 * slope, rel=1e-8)
        assert float(temperature.grad) == pytest.approx(3 * by_temperature, rel=1e-8, abs=1e-12)
        ran += 1
    assert ran == 5


def test_the_temperatures_gradient_sums_over_all_values() -> None:
    x = torch.tensor([[1.0, -3.0], [0.0, 1.0]], dtype=torch.float64)
    temperature = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    step(x, temperature, strict=True, hard=True).sum().backward()
    assert temperature.grad is not None
    # Twice x = 1 as above; x = -3 at t = 2: s(1-s) = 0.1491464521, times 3 / 4.
    assert float(temperature.grad) == pytest.approx(-2 * 0.0587509281 + 0.1491464521 * 0.75, abs=1e-9)


def test_a_temperature_that_is_not_trained_gets_no_gradient() -> None:
    x = torch.tensor([0.5], requires_grad=True)
    temperature = torch.tensor(1.0)
    step(x, temperature, strict=True, hard=True).sum().backward()
    assert temperature.grad is None
    assert x.grad is not None


def test_the_dtype_is_kept() -> None:
    for dtype in (torch.float32, torch.float64):
        assert step(torch.ones(2, dtype=dtype), torch.tensor(1.0), strict=True, hard=True).dtype == dtype
