"""Triton kernels of the routed stages; contract and formulas in `csrc/routed_lbp.h`.

Arguments, contiguous: buffer (B, M, H, W) fp32, the input's maps and those of all stages; route (K, n) int32 and
positions (K, n, 2) int32 of one stage, whose maps begin at channel `start`. A program's number is (image, plane,
block) row-major. Constants: PACKED, point i weighs 2^i (n <= 24), else 1; MAJORITY, a vote instead of a sum.
"""

# Where there is no Triton, there is nothing to check.
# pyright: reportMissingImports=false

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _pixel(plane, row, column, height, width):
    """Pixel, zeros outside."""
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return tl.load(plane + row * width + column, mask=inside, other=0.0)


@triton.jit
def _weight(i, PACKED: tl.constexpr):
    return (tl.full([], 1, tl.int32) << i).to(tl.float32) if PACKED else 1.0


@triton.jit
def routed_forward(
    buffer, positions, route,
    start, maps, kernels, points, height, width, blocks, floor, scale, threshold,
    PACKED: tl.constexpr, MAJORITY: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Write `buffer[image, start + kernel, block]`."""
    program = tl.program_id(0)
    block, kernel = program % blocks, (program // blocks) % kernels
    image = (program // blocks // kernels).to(tl.int64)
    pixel = block * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < height * width
    row, column = pixel // width, pixel % width
    total = tl.zeros([BLOCK], tl.float32)
    for i in range(points):
        entry = kernel * points + i
        plane = buffer + (image * maps + tl.load(route + entry)) * height * width
        down, right = tl.load(positions + 2 * entry), tl.load(positions + 2 * entry + 1)
        pivot = tl.load(plane + pixel, mask=inside, other=0.0)
        total += tl.where(_pixel(plane, row + down, column + right, height, width) > pivot, _weight(i, PACKED), 0.0)
    out = tl.where(total > threshold, 1.0, 0.0) if MAJORITY else scale * tl.maximum(total, floor)
    tl.store(buffer + (image * maps + start + kernel) * height * width + pixel, out, mask=inside)


@triton.jit
def _of_difference(buffer, of_buffer, plane, at, row, column, down, right, height, width, floor, scale, tau):
    """Gradient of the difference at the pivot (row, column), but for the point's weight; 0 outside the image.

    at: plane of the kernel's map in buffer and of_buffer.
    """
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    pixel = row * width + column
    # Above the floor or not: the map tells. Sums are whole numbers, half a unit keeps rounding out of it.
    above = tl.load(buffer + at + pixel, mask=inside, other=0.0) > scale * (floor + 0.5)
    arriving = tl.where(above, tl.load(of_buffer + at + pixel, mask=inside, other=0.0), 0.0)
    pivot = tl.load(plane + pixel, mask=inside, other=0.0)
    u = 1.0 + tl.abs(_pixel(plane, row + down, column + right, height, width) - pivot) / tau
    return scale * arriving / (2.0 * tau * u * u)


@triton.jit
def routed_backward_input(
    buffer, positions, readers, starts, of_buffer,
    start, maps, kernels, points, height, width, blocks, floor, scale, tau,
    PACKED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Add to `of_buffer[image, channel, block]`, channel < start, what arrives at the maps of the stage.

    Every pixel gathers, from each point that reads its channel, the pivot that samples it and itself as a pivot.
    readers, starts: see `readers_of`.
    """
    program = tl.program_id(0)
    block, channel = program % blocks, (program // blocks) % start
    image = (program // blocks // start).to(tl.int64)
    pixel = block * BLOCK + tl.arange(0, BLOCK)
    row, column = pixel // width, pixel % width
    here = (image * maps + channel) * height * width
    total = tl.zeros([BLOCK], tl.float32)
    for index in range(tl.load(starts + channel), tl.load(starts + channel + 1)):
        entry = tl.load(readers + index)
        down, right = tl.load(positions + 2 * entry), tl.load(positions + 2 * entry + 1)
        at = (image * maps + start + entry // points) * height * width
        as_sample = _of_difference(
            buffer, of_buffer, buffer + here, at, row - down, column - right, down, right, height, width,
            floor, scale, tau,
        )  # fmt: skip
        as_pivot = _of_difference(
            buffer, of_buffer, buffer + here, at, row, column, down, right, height, width, floor, scale, tau
        )
        total += _weight(entry % points, PACKED) * (as_sample - as_pivot)
    inside = pixel < height * width
    before = tl.load(of_buffer + here + pixel, mask=inside, other=0.0)
    tl.store(of_buffer + here + pixel, before + total, mask=inside)


@triton.jit
def routed_backward_positions(
    buffer, positions, route, of_buffer, of_positions,
    start, maps, kernels, points, height, width, blocks, floor, scale, tau,
    PACKED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Write each block's part of the gradient of positions: of_positions (B, blocks, K, n, 2)."""
    program = tl.program_id(0)
    entries = kernels * points
    block, entry = program % blocks, (program // blocks) % entries
    image = (program // blocks // entries).to(tl.int64)
    pixel = block * BLOCK + tl.arange(0, BLOCK)
    row, column = pixel // width, pixel % width
    plane = buffer + (image * maps + tl.load(route + entry)) * height * width
    at = (image * maps + start + entry // points) * height * width
    down, right = tl.load(positions + 2 * entry), tl.load(positions + 2 * entry + 1)
    arriving = _weight(entry % points, PACKED) * _of_difference(
        buffer, of_buffer, plane, at, row, column, down, right, height, width, floor, scale, tau
    )
    row, column = row + down, column + right
    below = _pixel(plane, row + 1, column, height, width) - _pixel(plane, row - 1, column, height, width)
    beside = _pixel(plane, row, column + 1, height, width) - _pixel(plane, row, column - 1, height, width)
    of_positions += 2 * ((image * blocks + block) * entries + entry)
    tl.store(of_positions, tl.sum(arriving * below) / 2)
    tl.store(of_positions + 1, tl.sum(arriving * beside) / 2)
