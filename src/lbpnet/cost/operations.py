"""Operations that one hard forward pass really executes, by kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from ..config import HeadConfig, RunConfig
from .geometry import StageGeometry, stage_geometries


@dataclass(frozen=True)
class Operations:
    """Counts an image; a subtraction counts as an addition."""

    compare: int = 0
    logic: int = 0
    add: int = 0
    shift: int = 0
    multiply: int = 0
    look_up: int = 0

    def __add__(self, other: Operations) -> Operations:
        return Operations(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def times(self, n: int) -> Operations:
        """Return n times the counts."""
        return Operations(*(n * value for value in astuple(self)))


def total(rows: Iterable[Operations]) -> Operations:
    """Sum rows of counts."""
    result = Operations()
    for row in rows:
        result += row
    return result


def dot_product(length: int) -> Operations:
    """Count a dot product of `length` terms."""
    return Operations(multiply=length, add=length - 1)


# Three linear interpolations (subtract, multiply, add each) and the pivot's subtraction: the cheapest
# exact form of a bilinear sample. The torch path executes more, a faster kernel could not do less.
_SAMPLE = Operations(multiply=3, add=7, compare=1)
_POOL = Operations(add=3, multiply=1)


def stage_operations(stage: StageGeometry, config: RunConfig, *, index: int) -> dict[str, Operations]:
    """Count one stage, by part: `sample`, `fuse`, `normalise`, `residual`, `activate`."""
    lbp, blocks = config.model.lbp_layer, config.model.blocks
    averaged = lbp.channels == "average" and stage.in_channels > 1
    sample = _SAMPLE.times(stage.points * (stage.in_channels if averaged else 1))
    if averaged:
        sample += Operations(add=stage.in_channels - 1, multiply=1).times(stage.points)
    if lbp.mode == "weighted":
        sample += dot_product(lbp.num_points).times(lbp.num_patterns)
    if blocks.fusion_type == "rp_paper":
        fuse = Operations(add=blocks.rp_config.n_bits_per_out - 1, compare=1)
    elif blocks.fusion_type == "rp_linear":
        # Signs only add and subtract; 1/sqrt(D) goes into the threshold.
        fuse = Operations(add=stage.maps - 1, compare=1)
    else:
        fuse = dot_product(stage.maps)
    # res_scale multiplies after pooling; BatchNorm is one multiplication and one addition.
    normalise = Operations(multiply=1, add=1).times(stage.pixels)
    residual = (dot_product(stage.in_channels) + Operations(multiply=1, add=1)).times(stage.channels)
    residual = residual.times(stage.out_pixels)
    normalise = normalise.times(stage.channels)
    if index in blocks.downsample_at:
        normalise += _POOL.times(stage.channels * stage.out_pixels)
        residual += _POOL.times(stage.in_channels * stage.out_pixels)
    return {
        "sample": sample.times(stage.pixels),
        "fuse": fuse.times(stage.channels * stage.pixels),
        "normalise": normalise,
        "residual": residual,
        "activate": Operations(compare=stage.channels * stage.out_pixels),
    }


def head_operations(stage: StageGeometry, config: RunConfig) -> Operations:
    """Count global average pool and MLP."""
    average = Operations(add=stage.out_pixels - 1, multiply=1).times(stage.channels)
    return average + mlp_operations(stage.channels, config.model.classification_head)


def mlp_operations(features: int, head: HeadConfig) -> Operations:
    """Count both Linear layers with their biases, BatchNorm, ReLU and argmax."""
    hidden = (dot_product(features) + Operations(add=1, compare=1)).times(head.hidden)
    if head.use_bn:
        hidden += Operations(multiply=1, add=1).times(head.hidden)
    classes = (dot_product(head.hidden) + Operations(add=1)).times(head.num_classes)
    return hidden + classes + Operations(compare=head.num_classes - 1)


def network_operations(config: RunConfig) -> dict[str, Operations]:
    """Count the whole network from uint8 pixels to the class index, by part."""
    stages = stage_geometries(config)
    rows = {"scale pixels": Operations(multiply=stages[0].in_channels * stages[0].pixels)}
    for index, stage in enumerate(stages):
        for part, count in stage_operations(stage, config, index=index).items():
            rows[f"stage {index}: {part}"] = count
    rows["head"] = head_operations(stages[-1], config)
    return rows
