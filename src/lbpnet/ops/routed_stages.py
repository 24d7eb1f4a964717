"""Routed LBP stages of the paper: integer comparisons, one pattern a kernel, joined by concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..config import Code
from ..errors import KernelError
from .full_precision import full_precision
from .gpu_kernels import gpu_kernels
from .native import apply_native, instruction_set, kernel_module


@dataclass(frozen=True)
class RoutedStages:
    """What is fixed in a stack of routed stages.

    Attributes:
        routes: one (K, n) int32 tensor a stage: the channel that each point reads, among the input's
            and those of all earlier stages.
        window: odd side of the window, pixels.
        code: `bit_pack`: the n bits as an integer (point i has weight 2^i), then `max(x, 2^(n-1) - 1)`;
            `binary`: that integer as it is;
            `count`: their number; `majority`: whether more than half are 1.
        tau: width of the surrogate, in units of the maps (0..1).
    """

    routes: tuple[Tensor, ...]
    window: int
    code: Code
    tau: float

    @property
    def packed(self) -> bool:
        """Whether point i weighs 2^i."""
        return self.code in ("bit_pack", "binary")

    def weights(self, points: int) -> list[float]:
        """Return the weight of each of a kernel's bits."""
        return [2.0**i if self.packed else 1.0 for i in range(points)]

    def scale(self, points: int) -> float:
        """Return what sums are multiplied by, so that maps span 0..1."""
        return 1 / sum(self.weights(points))

    def floor(self, points: int) -> float:
        """Return the lower bound of sums (shifted ReLU); below 0: none."""
        return 2.0 ** (points - 1) - 1 if self.code == "bit_pack" else -1.0

    def threshold(self, points: int) -> float:
        """Return what a sum must exceed for a majority; below 0: sums are kept."""
        return points / 2 if self.code == "majority" else -1.0


@full_precision
def routed_stages(x: Tensor, positions: Sequence[Tensor], stages: RoutedStages) -> Tensor:
    """Run a stack of routed stages; each reads the input and all earlier stages' outputs.

    Forward, kernel k, point i, channel c = route[k, i], position o = round(positions[k, i]), zeros
    outside: `bit = [x[c, p + o] > x[c, p]]`; the code's sum over i, activated and scaled to 0..1.
    Since all maps of a code are multiples of one scale, the comparisons are those of integers.
    Backward: `d bit / d (sample - pivot) = 1 / (2 tau (1 + |d| / tau)^2)`; positions get
    `g * (central difference of x at the sample)`; `majority` passes the gradient of `count`.

    Args:
        x: (B, C, H, W) float32, 0..1.
        positions: one (K, n, 2) a stage, (dy, dx) in pixels, within +-(window - 1) / 2.
        stages: see `RoutedStages`.

    Returns:
        (B, C + sum of K, H, W) float32: x, then every stage's maps.

    Raises:
        KernelError: names the argument of wrong shape, dtype, device or range (on a GPU: values are not looked at).

    Source: WACV 2020 sections 3.1 to 3.3; design 2.2. The paper's surrogate is a tanh; the pivot's gradient,
    which a public re-implementation drops, is kept.
    """
    _check(x, positions, stages)
    gpu = gpu_kernels(x)
    if gpu is not None:
        return gpu.routed_stages_gpu(x, positions, stages)
    isa = instruction_set() if x.device.type == "cpu" and x.numel() else None
    module = None if isa is None else kernel_module()
    if isa is None or module is None:
        return routed_stages_reference(x, positions, stages)
    try:
        return apply_native(_RoutedNative, x, module, isa, stages, *positions)
    except ValueError as error:
        raise KernelError(f"routed_stages: {error}") from error


@full_precision
def routed_stages_reference(x: Tensor, positions: Sequence[Tensor], stages: RoutedStages) -> Tensor:
    """Define `routed_stages` in plain torch; same arguments, result and gradients."""
    _check(x, positions, stages)
    maps = x
    for offsets, route in zip(positions, stages.routes, strict=True):
        maps = torch.cat([maps, _stage_reference(maps, offsets, route, stages)], dim=1)
    return maps


def _stage_reference(x: Tensor, positions: Tensor, route: Tensor, stages: RoutedStages) -> Tensor:
    kernels, points = route.shape
    border = (stages.window - 1) // 2 + 1
    height, width = x.shape[-2:]
    padded = torch.nn.functional.pad(x, (border, border, border, border))

    def at(channel: int, row: int, column: int) -> Tensor:
        rows, columns = slice(border + row, border + row + height), slice(border + column, border + column + width)
        return padded[:, channel, rows, columns]

    weights, floor = stages.weights(points), stages.floor(points)
    outputs = []
    for k in range(kernels):
        total = torch.zeros_like(x[:, 0])
        for i in range(points):
            channel = int(route[k, i])
            row, column = (int(v) for v in positions[k, i].detach().round())
            down = (at(channel, row + 1, column) - at(channel, row - 1, column)).detach() / 2
            right = (at(channel, row, column + 1) - at(channel, row, column - 1)).detach() / 2
            # Adds zero, and gives the position the image gradient as its derivative.
            moved = positions[k, i] - positions[k, i].detach()
            sample = at(channel, row, column) + moved[0] * down + moved[1] * right
            total = total + weights[i] * _Step.apply(sample - x[:, channel], stages.tau)
        kept = torch.where(total > floor, total, torch.full_like(total, floor))
        value = stages.scale(points) * kept
        if stages.threshold(points) >= 0:
            value = value + ((total > stages.threshold(points)).to(x.dtype) - value).detach()
        outputs.append(value)
    return torch.stack(outputs, dim=1)


class _Step(torch.autograd.Function):
    """`[d > 0]` with the gradient of `(1 + u / (1 + |u|)) / 2`, u = d / tau."""

    @staticmethod
    def forward(ctx: Any, d: Tensor, tau: float) -> Tensor:
        ctx.save_for_backward(d)
        ctx.tau = tau
        return (d > 0).to(d.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grad_outputs
        (d,) = ctx.saved_tensors
        return grad / (2 * ctx.tau * (1 + d.abs() / ctx.tau).square()), None


class _RoutedNative(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, module: ModuleType, isa: str, stages: RoutedStages, *positions: Tensor) -> Tensor:
        channels = [x.shape[1]]
        for route in stages.routes:
            channels.append(channels[-1] + route.shape[0])
        # All stages write into one buffer: joining them copies nothing.
        buffer = x.new_empty((x.shape[0], channels[-1], *x.shape[2:]))
        buffer[:, : x.shape[1]] = x
        ctx.calls = [
            _stage_arguments(start, offsets, route, stages)
            for start, offsets, route in zip(channels, positions, stages.routes, strict=False)
        ]
        module.routed_forward(isa, buffer, ctx.calls, torch.get_num_threads())
        ctx.save_for_backward(buffer)
        ctx.module, ctx.isa, ctx.channels = module, isa, x.shape[1]
        return buffer

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (buffer,) = ctx.saved_tensors
        grad = grad_outputs[0].contiguous()
        grad_x = grad.new_empty((len(grad), ctx.channels, *grad.shape[2:]))
        grad_positions = [torch.empty(call[1].shape) for call in ctx.calls]
        ctx.module.routed_backward(
            ctx.isa, buffer.detach(), ctx.calls, grad, grad_x, grad_positions, torch.get_num_threads()
        )
        return grad_x, None, None, None, *grad_positions


def _stage_arguments(start: int, positions: Tensor, route: Tensor, stages: RoutedStages) -> tuple[Any, ...]:
    points = route.shape[1]
    activation = [stages.floor(points), stages.scale(points), stages.tau, stages.threshold(points)]
    return (
        start,
        positions.detach().round().to(torch.int32).contiguous(),
        route.contiguous(),
        torch.tensor(stages.weights(points)),
        (stages.window - 1) // 2,
        torch.tensor(activation),
    )


def _check(x: Tensor, positions: Sequence[Tensor], stages: RoutedStages) -> None:
    if stages.window < 3 or stages.window % 2 == 0 or stages.window > 255:
        raise KernelError(f"routed_stages: window: expected an odd number from 3 to 255, got {stages.window}")
    if stages.tau <= 0:
        raise KernelError(f"routed_stages: tau: expected a width above 0, got {stages.tau}")
    if x.ndim != 4 or x.dtype != torch.float32 or 0 in x.shape[1:]:
        raise KernelError(f"routed_stages: x: expected float32 (B, C, H, W), got {x.dtype} {tuple(x.shape)}")
    if len(positions) != len(stages.routes) or not positions:
        raise KernelError(
            f"routed_stages: positions: expected one tensor for each of the {len(stages.routes)} routes, "
            f"got {len(positions)}"
        )
    channels = x.shape[1]
    for number, (offsets, route) in enumerate(zip(positions, stages.routes, strict=True)):
        _check_stage(x, offsets, route, channels, stages.window, f"routed_stages: stage {number}")
        channels += route.shape[0]


def _check_stage(x: Tensor, positions: Tensor, route: Tensor, channels: int, window: int, where: str) -> None:
    if route.ndim != 2 or route.dtype != torch.int32 or 0 in route.shape:
        raise KernelError(f"{where}: route: expected int32 (K, n), got {route.dtype} {tuple(route.shape)}")
    if positions.shape != (*route.shape, 2) or positions.dtype != torch.float32:
        raise KernelError(
            f"{where}: positions: expected float32 {(*route.shape, 2)}, got {positions.dtype} {tuple(positions.shape)}"
        )
    if {positions.device, route.device} != {x.device}:
        raise KernelError(f"{where}: expected positions and route on {x.device}, as x is")
    if x.device.type != "cpu":
        return
    radius = (window - 1) // 2
    if not bool((positions.detach().abs() <= radius).all()):
        raise KernelError(f"{where}: positions: expected finite values within +-{radius} pixels")
    if not bool(((route >= 0) & (route < channels)).all()):
        raise KernelError(f"{where}: route: expected channels from 0 to {channels - 1}")
