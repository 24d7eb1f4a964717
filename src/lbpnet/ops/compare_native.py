"""`compare` by the native kernels: bits are never stored, the backward pass recomputes them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .native import apply_native


def compare_native(
    module: ModuleType,
    isa: str,
    x: Tensor,
    offsets: Tensor,
    alpha: Tensor,
    *,
    window: int,
    hard: bool,
    route: Tensor | None,
) -> Tensor:
    """Run the kernels `isa` of `csrc/shared_lbp.h`; contract in `compare`, arguments checked there."""
    return apply_native(_CompareNative, x, offsets, alpha, module, isa, window, hard, route)


class _CompareNative(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        offsets: Tensor,
        alpha: Tensor,
        module: ModuleType,
        isa: str,
        window: int,
        hard: bool,
        route: Tensor | None,
    ) -> Tensor:
        x, offsets = x.contiguous(), offsets.contiguous()
        ctx.save_for_backward(x, offsets, alpha)
        ctx.module, ctx.isa, ctx.window, ctx.route = module, isa, window, route
        out = x.new_empty((x.shape[0], offsets.shape[1], *x.shape[2:]))
        threads = torch.get_num_threads()
        module.shared_forward(
            isa, x.detach(), offsets.detach(), route, window, float(alpha.detach()), hard, out, threads
        )
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,) = grad_outputs
        x, offsets, alpha = ctx.saved_tensors
        grad_x, grad_offsets = torch.empty_like(x), torch.empty_like(offsets)
        grad_alpha = torch.empty(1)
        ctx.module.shared_backward(
            ctx.isa,
            x.detach(),
            offsets.detach(),
            ctx.route,
            ctx.window,
            float(alpha.detach()),
            grad.contiguous(),
            grad_x,
            grad_offsets,
            grad_alpha,
            torch.get_num_threads(),
        )
        return grad_x, grad_offsets, grad_alpha.view(alpha.shape), None, None, None, None, None
