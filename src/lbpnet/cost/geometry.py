"""Sizes of every stage, derived from a configuration."""

from __future__ import annotations

from dataclasses import dataclass

from ..config import RunConfig


@dataclass(frozen=True)
class StageGeometry:
    """One stage: input channels and pixels, comparison points, outputs."""

    in_channels: int
    height: int
    width: int
    points: int
    """Comparison points P*N."""
    maps: int
    """Maps that reach the fusion: P*N, or P where the bits are weighted."""
    channels: int
    out_height: int
    out_width: int

    @property
    def pixels(self) -> int:
        """Input pixels H*W."""
        return self.height * self.width

    @property
    def out_pixels(self) -> int:
        """Output pixels."""
        return self.out_height * self.out_width


def stage_geometries(config: RunConfig) -> list[StageGeometry]:
    """Return the geometry of each stage of a run's network."""
    size = config.data.image_size
    height, width = size if isinstance(size, tuple) else (size, size)
    lbp, blocks = config.model.lbp_layer, config.model.blocks
    points = lbp.num_patterns * lbp.num_points
    in_channels, rows = config.data.in_channels, []
    for index, channels in enumerate(blocks.channels_per_stage):
        halved = index in blocks.downsample_at
        rows.append(
            StageGeometry(
                in_channels=in_channels,
                height=height,
                width=width,
                points=points,
                maps=lbp.num_patterns if lbp.mode == "weighted" else points,
                channels=channels,
                out_height=height // 2 if halved else height,
                out_width=width // 2 if halved else width,
            )
        )
        in_channels, height, width = channels, rows[-1].out_height, rows[-1].out_width
    return rows
