"""`routed_stages` by Triton: all stages write into one buffer, bits are recomputed in the backward pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..native import apply_native
from .launch import blocks_of, launch
from .readers import readers_of
from .routed_kernels import routed_backward_input, routed_backward_positions, routed_forward

if TYPE_CHECKING:
    from ..routed_stages import RoutedStages


class _Stage(NamedTuple):
    """One stage as the kernels take it: where its maps begin, its tensors, and how its sums become maps."""

    start: int
    positions: Tensor
    route: Tensor
    packed: bool
    floor: float
    scale: float
    threshold: float

    def numbers(self, buffer: Tensor) -> tuple[tuple[int, ...], int]:
        """Return (start, M, K, n, H, W, blocks) and the pixels of a block."""
        _, maps, height, width = buffer.shape
        blocks, block = blocks_of(height * width)
        return (self.start, maps, *self.route.shape, height, width, blocks), block


def routed_stages_gpu(x: Tensor, positions: Sequence[Tensor], stages: RoutedStages) -> Tensor:
    """Run `routed_forward` once a stage; contract in `routed_stages`, arguments checked there."""
    return apply_native(_RoutedGpu, x, stages, *positions)


class _RoutedGpu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, stages: RoutedStages, *positions: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        ctx.stages, maps = [], channels
        for offsets, route in zip(positions, stages.routes, strict=True):
            ctx.stages.append(_stage(maps, offsets, route, stages))
            maps += len(route)
        buffer = x.new_empty((batch, maps, height, width))
        buffer[:, :channels] = x
        for stage in ctx.stages:
            numbers, block = stage.numbers(buffer)
            launch(
                routed_forward,
                (buffer, stage.positions, stage.route),
                (*numbers, stage.floor, stage.scale, stage.threshold),
                batch * len(stage.route) * numbers[-1],
                PACKED=stage.packed,
                MAJORITY=stage.threshold >= 0,
                BLOCK=block,
            )
        ctx.save_for_backward(buffer)
        ctx.channels, ctx.tau = channels, stages.tau
        return buffer

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (buffer,) = ctx.saved_tensors
        # Stages add to the maps that they read: a copy, last stage first.
        of_buffer = grad_outputs[0].clone(memory_format=torch.contiguous_format)
        grad_positions: list[Tensor | None] = []
        first_read = 0 if ctx.needs_input_grad[0] else ctx.channels
        for number, stage in reversed(list(enumerate(ctx.stages))):
            wanted = ctx.needs_input_grad[2 + number]
            grad_positions.append(_of_positions(buffer, of_buffer, stage, ctx.tau) if wanted else None)
            if stage.start > first_read:
                _add_of_input(buffer, of_buffer, stage, ctx.tau)
        grad_x = of_buffer[:, : ctx.channels] if ctx.needs_input_grad[0] else None
        return grad_x, None, *reversed(grad_positions)


def _stage(start: int, positions: Tensor, route: Tensor, stages: RoutedStages) -> _Stage:
    points = route.shape[1]
    return _Stage(
        start,
        positions.detach().round().to(torch.int32).contiguous(),
        route.contiguous(),
        stages.packed,
        stages.floor(points),
        stages.scale(points),
        stages.threshold(points),
    )


def _add_of_input(buffer: Tensor, of_buffer: Tensor, stage: _Stage, tau: float) -> None:
    numbers, block = stage.numbers(buffer)
    launch(
        routed_backward_input,
        (buffer, stage.positions, *readers_of(stage.route, stage.start), of_buffer),
        (*numbers, stage.floor, stage.scale, tau),
        len(buffer) * stage.start * numbers[-1],
        PACKED=stage.packed,
        BLOCK=block,
    )


def _of_positions(buffer: Tensor, of_buffer: Tensor, stage: _Stage, tau: float) -> Tensor:
    numbers, block = stage.numbers(buffer)
    programs = len(buffer) * stage.route.numel() * numbers[-1]
    parts = buffer.new_empty((len(buffer) * numbers[-1], *stage.positions.shape))
    launch(
        routed_backward_positions,
        (buffer, stage.positions, stage.route, of_buffer, parts),
        (*numbers, stage.floor, stage.scale, tau),
        programs,
        PACKED=stage.packed,
        BLOCK=block,
    )
    return parts.sum(0)
