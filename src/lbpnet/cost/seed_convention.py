"""The seed document's way to count: comparison and fusion only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..config import RunConfig
from .geometry import stage_geometries


@dataclass(frozen=True)
class SeedCost:
    """Size in bytes, operations an image. Residual, BatchNorm, pooling and head are not counted."""

    size_bytes: int
    size_bytes_without_map: int
    cmp: int
    add: int
    mul: int

    @property
    def gops(self) -> float:
        """All three kinds of operation, in 10^9."""
        return (self.cmp + self.add + self.mul) / 1e9


def seed_cost(points: int, bits_per_output: int, channels: Sequence[int], input_pixels: Sequence[int]) -> SeedCost:
    """Count in the `seed` convention.

    Size: 4 B for each of the 2*P*N offset coordinates of a stage, and 4 B for each of the k*K map
    entries. A stage at its input H*W: cmp = (P*N + K)*H*W, add = (P*N + (k-1)*K)*H*W, mul = 0.

    Args:
        points: P*N.
        bits_per_output: k.
        channels: K of each stage.
        input_pixels: H*W that each stage takes in.

    Source: seed document, "Results" and "Size / GOPs"; design 3.
    """
    offsets = sum(4 * 2 * points for _ in channels)
    stages = list(zip(channels, input_pixels, strict=True))
    return SeedCost(
        size_bytes=offsets + sum(4 * bits_per_output * k for k in channels),
        size_bytes_without_map=offsets,
        cmp=sum((points + k) * pixels for k, pixels in stages),
        add=sum((points + (bits_per_output - 1) * k) * pixels for k, pixels in stages),
        mul=0,
    )


def seed_cost_of(config: RunConfig) -> SeedCost | None:
    """Count a run's network; None where the convention does not define it (fusion other than `rp_paper`)."""
    blocks = config.model.blocks
    if blocks.fusion_type != "rp_paper":
        return None
    stages = stage_geometries(config)
    return seed_cost(
        stages[0].points,
        blocks.rp_config.n_bits_per_out,
        blocks.channels_per_stage,
        [stage.pixels for stage in stages],
    )
