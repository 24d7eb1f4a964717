"""Parameters by module, and their reconciliation with the seed document's 31,629."""

from __future__ import annotations

from dataclasses import dataclass

from ..config import HeadConfig, RunConfig
from .geometry import StageGeometry, stage_geometries


@dataclass(frozen=True)
class StageParameters:
    """Parameter counts of one stage."""

    offsets: int
    alpha_factor: int
    pattern_weights: int
    gates: int
    fusion_weights: int
    batchnorm: int
    res_scale: int
    residual: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(vars(self).values())


def stage_parameters(stage: StageGeometry, config: RunConfig) -> StageParameters:
    """Count one stage's trained parameters."""
    lbp, fusion = config.model.lbp_layer, config.model.blocks.fusion_type
    groups = 1 if lbp.share_across_channels else stage.in_channels
    return StageParameters(
        offsets=2 * stage.points * groups,
        alpha_factor=int(lbp.learn_alpha),
        pattern_weights=stage.points if lbp.mode == "weighted" else 0,
        gates=0 if fusion == "conv1x1" else stage.channels,
        fusion_weights=stage.maps * stage.channels if fusion == "conv1x1" else 0,
        batchnorm=2 * stage.channels,
        res_scale=1,
        residual=stage.in_channels * stage.channels,
    )


def mlp_parameters(features: int, head: HeadConfig) -> int:
    """Count the head's trained parameters."""
    norm = 2 * head.hidden if head.use_bn else 0
    return (features + 1) * head.hidden + norm + (head.hidden + 1) * head.num_classes


def parameter_table(config: RunConfig) -> dict[str, object]:
    """Return the parameter counts, and what the seed's implementation carried besides.

    Returns:
        `trainable`: all trained parameters; `gate_biases`: those of the gates; `alive`: without them, the
        part that the seed's total contains; `seed_bypass_projection` (P*N*K a stage, never used) and
        `seed_pattern_weights` (P*N a stage, unused in `bits` mode): what the seed carried dead;
        `reconciled_total`: alive plus both; `by_module`.

    Source: design 2.1.
    """
    stages = stage_geometries(config)
    counts = [stage_parameters(stage, config) for stage in stages]
    head = mlp_parameters(stages[-1].channels, config.model.classification_head)
    gates = sum(row.gates for row in counts)
    trainable = sum(row.total for row in counts) + head
    bypass = sum(stage.points * stage.channels for stage in stages)
    weights = sum(stage.points for stage in stages) if config.model.lbp_layer.mode == "bits" else 0
    by_module = {
        f"stage {i}: {name}": value for i, row in enumerate(counts) for name, value in vars(row).items() if value
    }
    return {
        "alive": trainable - gates,
        "gate_biases": gates,
        "trainable": trainable,
        "seed_bypass_projection": bypass,
        "seed_pattern_weights": weights,
        "reconciled_total": trainable - gates + bypass + weights,
        "by_module": {**by_module, "head": head},
    }


def stored_bytes(config: RunConfig) -> int:
    """Return the bytes that the hard forward pass needs, in the encoding of `final.safetensors`.

    fp32 parameters and BatchNorm statistics, int32 maps, int8 signs. Left out: temperatures and their
    factors, which shape gradients only, BatchNorm's counters, and the file's header.
    """
    lbp, blocks = config.model.lbp_layer, config.model.blocks
    stages = stage_geometries(config)
    size = 0
    for stage in stages:
        row = stage_parameters(stage, config)
        size += 4 * (row.total - row.alpha_factor) + 4 * 2 * stage.channels
        if lbp.channels == "route":
            size += 4 * stage.points
        if blocks.fusion_type == "rp_paper":
            size += 4 * blocks.rp_config.n_bits_per_out * stage.channels
        if blocks.fusion_type == "rp_linear":
            size += stage.maps * stage.channels
    head = config.model.classification_head
    return size + 4 * mlp_parameters(stages[-1].channels, head) + (4 * 2 * head.hidden if head.use_bn else 0)
