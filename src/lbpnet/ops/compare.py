"""Shared-pattern comparison: is the sampled pixel larger than the pivot?"""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import KernelError
from .compare_average import compare_average
from .compare_native import compare_native
from .differences import tap_differences
from .full_precision import full_precision
from .gpu_kernels import gpu_kernels
from .native import instruction_set, kernel_module
from .step import step
from .taps import bilinear_taps


@full_precision
def compare(
    x: Tensor, offsets: Tensor, alpha: Tensor, *, window: int, hard: bool, route: Tensor | None = None
) -> Tensor:
    """Compare every sampled point of a window with its pivot.

    Forward: `d[b, c, i, p] = x[b, c, p + offset[c, i]] - x[b, c, p]`, sampled bilinearly, border
    replicated. Bit `i` is `[d > 0]`, strict (hard), or `sigmoid(d / alpha)` (soft). Bits are averaged
    over the channels, or, with `route`, taken from the one channel `route[i]`.
    Backward: that of `sigmoid(d / alpha)` for both forwards (see `step`).

    Runs on the native kernels for CPU tensors, on Triton kernels for CUDA tensors, otherwise in plain torch;
    LBPNET_KERNELS chooses.

    Args:
        x: (B, C, H, W) floating point; computed in fp32 whatever comes in.
        offsets: (G, D, 2), (dy, dx) in pixels, within +-(window - 1) / 2; G = 1 (shared by all
            channels) or C.
        alpha: temperature > 0, scalar.
        window: odd side, pixels.
        hard: which forward.
        route: (D,) int32 channel of each point, or None to average.

    Returns:
        (B, D, H, W) float32; hard and routed, or hard with one channel: exactly 0.0 or 1.0.

    Raises:
        KernelError: names the argument of wrong shape, dtype, device or range. Values (offsets outside
            the window, NaN) are checked on the CPU only: a GPU would have to wait for the answer.

    Source: seed document, "LBP layer"; design 2.1. WACV 2020 section 3.1 has one pattern a kernel and
    reads one channel a point; here patterns are shared and `route=None` averages.
    """
    check_compare(x, offsets, alpha, window, route)
    x, offsets = x.float(), offsets.float()
    gpu = gpu_kernels(x)
    if gpu is not None:
        return gpu.compare_gpu(x, offsets, alpha, window=window, hard=hard, route=route)
    isa = instruction_set() if x.device.type == "cpu" and len(x) else None
    module = None if isa is None else kernel_module()
    if isa is not None and module is not None:
        try:
            return compare_native(module, isa, x, offsets, alpha, window=window, hard=hard, route=route)
        except ValueError as error:
            raise KernelError(f"compare: {error}") from error
    return _compare_torch(x, offsets, alpha, window=window, hard=hard, route=route)


def _compare_torch(
    x: Tensor, offsets: Tensor, alpha: Tensor, *, window: int, hard: bool, route: Tensor | None
) -> Tensor:
    taps = bilinear_taps(offsets, window)
    read = x if route is None else x.index_select(1, route)
    if x.device.type == "cpu" and bool(read.isnan().any()):
        raise KernelError("compare: x: expected numbers, got NaN")
    if route is None:
        return compare_average(x, taps, alpha, window=window, hard=hard)
    weights = taps[0] if taps.shape[0] == 1 else taps[route, torch.arange(taps.shape[1], device=taps.device)]
    differences = tap_differences(read, window)
    return step(torch.einsum("dt,tbdhw->bdhw", weights, differences), alpha, strict=True, hard=hard)


@full_precision
def compare_reference(
    x: Tensor, offsets: Tensor, alpha: Tensor, *, window: int, hard: bool, route: Tensor | None = None
) -> Tensor:
    """Define `compare` in the plainest torch: every difference of every channel is stored.

    Same arguments, result and gradients as `compare`; kept as the definition that faster paths are
    tested against.
    """
    check_compare(x, offsets, alpha, window, route)
    differences = tap_differences(x.float(), window)
    taps = bilinear_taps(offsets.float(), window).expand(x.shape[1], -1, -1)
    bits = step(torch.einsum("cdt,tbchw->bcdhw", taps, differences), alpha, strict=True, hard=hard)
    if route is None:
        return bits.mean(1)
    return bits[:, route, torch.arange(len(route), device=route.device)]


def check_compare(x: Tensor, offsets: Tensor, alpha: Tensor, window: int, route: Tensor | None) -> None:
    """Raise the `KernelError` that `compare` would raise for these arguments."""
    if window < 3 or window % 2 == 0 or window > 255:
        raise KernelError(f"compare: window: expected an odd number from 3 to 255, got {window}")
    if x.ndim != 4 or not x.is_floating_point() or 0 in x.shape[1:]:
        raise KernelError(f"compare: x: expected floating point (B, C, H, W), got {x.dtype} {tuple(x.shape)}")
    groups = (1, x.shape[1])
    if offsets.ndim != 3 or offsets.shape[2] != 2 or offsets.shape[0] not in groups or not offsets.is_floating_point():
        wanted, got = f"(1 or {x.shape[1]}, D, 2)", f"{offsets.dtype} {tuple(offsets.shape)}"
        raise KernelError(f"compare: offsets: expected floating point {wanted}, got {got}")
    if alpha.numel() != 1:
        raise KernelError(f"compare: alpha: expected a scalar, got shape {tuple(alpha.shape)}")
    if route is not None and (route.shape != offsets.shape[1:2] or route.dtype != torch.int32):
        raise KernelError(
            f"compare: route: expected int32 ({offsets.shape[1]},), got {route.dtype} {tuple(route.shape)}"
        )
    for name, tensor in (("offsets", offsets), ("alpha", alpha), ("route", route)):
        if tensor is not None and tensor.device != x.device:
            raise KernelError(f"compare: {name}: expected a tensor on {x.device}, as x is, got {tensor.device}")
    if x.device.type == "cpu":
        _check_values(x, offsets, alpha, window, route)


def _check_values(x: Tensor, offsets: Tensor, alpha: Tensor, window: int, route: Tensor | None) -> None:
    radius = (window - 1) // 2
    if not bool((offsets.detach().abs() <= radius).all()):
        raise KernelError(f"compare: offsets: expected finite values within +-{radius} pixels")
    if not bool(alpha.detach() > 0):
        raise KernelError(f"compare: alpha: expected a temperature above 0, got {float(alpha.detach())}")
    if route is not None and not bool(((route >= 0) & (route < x.shape[1])).all()):
        raise KernelError(f"compare: route: expected channels from 0 to {x.shape[1] - 1}")
