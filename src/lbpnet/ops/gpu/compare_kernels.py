"""Triton kernels of the shared-pattern comparison; contract and formulas in `csrc/shared_lbp.h`.

Arguments: x (B, C, H, W), offsets (G, D, 2), alpha one float, route (D,) int32; fp32 and contiguous. A program's
number is (image, plane, block) row-major. Constants: ROUTED, one channel a point; SHARED, G = 1; HARD, the forward.
"""

# Where there is no Triton, there is nothing to check; static_range is a loop to the compiler alone.
# pyright: reportMissingImports=false, reportGeneralTypeIssues=false

from __future__ import annotations

import triton
import triton.language as tl

from .sigmoid import sigmoid, sigmoid_slope


@triton.jit
def _axis(position, radius):
    """Tap at or before `position`, step to the other tap and fraction; from the last tap the step goes back."""
    tap = tl.minimum(tl.maximum(tl.floor(position), -radius), radius)
    return tap.to(tl.int32), tl.where(tap < radius, 1, -1), position - tap


@triton.jit
def _sample(plane, row, column, inside, tap_row, row_step, fy, tap_column, column_step, fx, height, width):
    """Sample minus pivot, and the sample's derivatives down and right; border replicated.

    The difference is exactly 0 where all five pixels are equal, and exact at whole pixels. `inside` says which pivots
    lie in the image; elsewhere all is 0.
    """
    top = tl.minimum(tl.maximum(row + tap_row, 0), height - 1) * width
    low = tl.minimum(tl.maximum(row + tap_row + row_step, 0), height - 1) * width
    left = tl.minimum(tl.maximum(column + tap_column, 0), width - 1)
    right = tl.minimum(tl.maximum(column + tap_column + column_step, 0), width - 1)
    a = tl.load(plane + top + left, mask=inside, other=0.0)
    b = tl.load(plane + top + right, mask=inside, other=0.0)
    c = tl.load(plane + low + left, mask=inside, other=0.0)
    d = tl.load(plane + low + right, mask=inside, other=0.0)
    upper = a + fx * (b - a)
    lower = c + fx * (d - c)
    difference = upper + fy * (lower - upper) - tl.load(plane + row * width + column, mask=inside, other=0.0)
    across = (b - a) + fy * ((d - c) - (b - a))
    return difference, row_step * (lower - upper), column_step * across


@triton.jit
def compare_forward(
    x, offsets, alpha, route, out,
    channels, height, width, points, blocks, radius, scale,
    HARD: tl.constexpr, ROUTED: tl.constexpr, SHARED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Write `out[image, point, block]` (B, D, H, W): the scaled sum of the bits of the channels that point reads."""
    program = tl.program_id(0)
    block, point = program % blocks, (program // blocks) % points
    image = (program // blocks // points).to(tl.int64)
    pixel = block * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < height * width
    row, column = pixel // width, pixel % width
    begin, end = 0, channels
    if ROUTED:
        begin = tl.load(route + point)
        end = begin + 1
    temperature = tl.load(alpha)
    total = tl.zeros([BLOCK], tl.float32)
    for channel in range(begin, end):
        plane = x + (image * channels + channel) * height * width
        offset = offsets + 2 * (point if SHARED else channel * points + point)
        tap_row, row_step, fy = _axis(tl.load(offset), radius)
        tap_column, column_step, fx = _axis(tl.load(offset + 1), radius)
        difference, _, _ = _sample(
            plane, row, column, inside, tap_row, row_step, fy, tap_column, column_step, fx, height, width
        )
        if HARD:
            total += tl.where(difference > 0, 1.0, 0.0)
        else:
            total += sigmoid(difference / temperature)
    tl.store(out + (image * points + point) * height * width + pixel, scale * total, mask=inside)


@triton.jit
def compare_backward_points(
    x, offsets, alpha, route, grad, of_offsets, of_alpha,
    channels, height, width, points, blocks, radius, scale,
    ROUTED: tl.constexpr, SHARED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Write each block's part of the gradients of offsets and alpha.

    of_offsets: (B, blocks, C, D, 2) where each channel has its own pattern and all are read, else
    (B, blocks, 1, D, 2); of_alpha: (B, blocks, D).
    """
    program = tl.program_id(0)
    block, point = program % blocks, (program // blocks) % points
    image = (program // blocks // points).to(tl.int64)
    pixel = block * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < height * width
    row, column = pixel // width, pixel % width
    begin, end = 0, channels
    if ROUTED:
        begin = tl.load(route + point)
        end = begin + 1
    temperature = tl.load(alpha)
    arriving = tl.load(grad + (image * points + point) * height * width + pixel, mask=inside, other=0.0) * scale
    down = tl.zeros([BLOCK], tl.float32)
    right = tl.zeros([BLOCK], tl.float32)
    colder = tl.zeros([BLOCK], tl.float32)
    part = image * blocks + block
    for channel in range(begin, end):
        plane = x + (image * channels + channel) * height * width
        offset = offsets + 2 * (point if SHARED else channel * points + point)
        tap_row, row_step, fy = _axis(tl.load(offset), radius)
        tap_column, column_step, fx = _axis(tl.load(offset + 1), radius)
        difference, of_row, of_column = _sample(
            plane, row, column, inside, tap_row, row_step, fy, tap_column, column_step, fx, height, width
        )
        scaled = difference / temperature
        of_difference = arriving * sigmoid_slope(scaled) / temperature
        colder -= of_difference * scaled
        down += of_difference * of_row
        right += of_difference * of_column
        if not SHARED and not ROUTED:
            at = of_offsets + 2 * ((part * channels + channel) * points + point)
            tl.store(at, tl.sum(down))
            tl.store(at + 1, tl.sum(right))
            down = tl.zeros([BLOCK], tl.float32)
            right = tl.zeros([BLOCK], tl.float32)
    if SHARED or ROUTED:
        at = of_offsets + 2 * (part * points + point)
        tl.store(at, tl.sum(down))
        tl.store(at + 1, tl.sum(right))
    tl.store(of_alpha + part * points + point, tl.sum(colder))


@triton.jit
def _of_difference(
    plane, arriving, row, column, tap_row, row_step, fy, tap_column, column_step, fx, height, width, temperature
):  # fmt: skip
    """Gradient of the difference at the pivot (row, column); 0 where that lies outside the image."""
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    difference, _, _ = _sample(
        plane, row, column, inside, tap_row, row_step, fy, tap_column, column_step, fx, height, width
    )
    slope = sigmoid_slope(difference / temperature)
    return slope * tl.load(arriving + row * width + column, mask=inside, other=0.0)


@triton.jit
def compare_backward_input(
    x, offsets, alpha, readers, starts, grad, grad_padded,
    channels, height, width, points, blocks, radius, scale,
    ROUTED: tl.constexpr, SHARED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Write `grad_padded[image, channel, block]` (B, C, H + 2 radius, W + 2 radius), the border not yet folded in.

    Every pixel gathers, from each point that reads its channel, the four pivots whose sample has it as a corner, and
    itself as a pivot. readers, starts: see `readers_of`.
    """
    program = tl.program_id(0)
    block, channel = program % blocks, (program // blocks) % channels
    image = (program // blocks // channels).to(tl.int64)
    wide = width + 2 * radius
    padded = block * BLOCK + tl.arange(0, BLOCK)
    row, column = padded // wide - radius, padded % wide - radius
    plane = x + (image * channels + channel) * height * width
    temperature = tl.load(alpha)
    begin, end = 0, points
    if ROUTED:
        begin = tl.load(starts + channel)
        end = tl.load(starts + channel + 1)
    total = tl.zeros([BLOCK], tl.float32)
    for index in range(begin, end):
        point = index
        if ROUTED:
            point = tl.load(readers + index)
        offset = offsets + 2 * (point if SHARED else channel * points + point)
        tap_row, row_step, fy = _axis(tl.load(offset), radius)
        tap_column, column_step, fx = _axis(tl.load(offset + 1), radius)
        arriving = grad + (image * points + point) * height * width
        total -= _of_difference(
            plane, arriving, row, column, tap_row, row_step, fy, tap_column, column_step, fx, height, width, temperature
        )  # fmt: skip
        for corner in tl.static_range(4):
            low, far = corner // 2, corner % 2
            weight = (fy if low else 1.0 - fy) * (fx if far else 1.0 - fx)
            total += weight * _of_difference(
                plane, arriving, row - tap_row - low * row_step, column - tap_column - far * column_step,
                tap_row, row_step, fy, tap_column, column_step, fx, height, width, temperature,
            )  # fmt: skip
    high = height + 2 * radius
    at = grad_padded + (image * channels + channel) * high * wide + padded
    tl.store(at, scale / temperature * total, mask=padded < high * wide)
