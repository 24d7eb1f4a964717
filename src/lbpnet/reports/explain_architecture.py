"""Notes on the structure: what each stage sees, when it fires, and where it multiplies."""

from __future__ import annotations

import math

from .bilingual import Text
from .explain_context import ExplainContext
from .explain_literature import literature_architecture_notes
from .explain_routed import routed_architecture_notes


def architecture_notes(context: ExplainContext) -> list[Text]:
    """Return the lines before the architecture's fields."""
    if context.is_routed:
        return routed_architecture_notes(context)
    if not context.is_residual:
        return literature_architecture_notes(context)
    return [_multiplies(), _fusion(context), *_stages(context)]


def _multiplies() -> Text:
    return Text(
        "**如实说明**：这个网络会做乘法：双线性采样、残差的 1×1 卷积、BN 与分类头。"
        "比较与 `rp_paper` 融合本身只有比较和加法。",
        "**To be plain**: this network multiplies: in the bilinear samples, the residual's 1×1 "
        "convolution, BN and the head. The comparisons and the `rp_paper` fusion by themselves "
        "only compare and add.",
    )


def _fusion(context: ExplainContext) -> Text:
    blocks, lbp = context.config.model.blocks, context.config.model.lbp_layer
    bits = lbp.num_patterns * lbp.num_points
    if blocks.fusion_type == "conv1x1":
        return Text(
            f"**融合**：每个像素 {bits} 个位，由可学习的 1×1 卷积混合；没有门。",
            f"**Fusion**: {bits} bits a pixel, mixed by a learned 1×1 convolution; no gates.",
        )
    if blocks.fusion_type == "rp_linear":
        threshold = blocks.rp_config.threshold or 0
        return Text(
            f"**融合**：每个像素 {bits} 个位，经固定 ±1/√D 投影后与阈值 {threshold:g} 比较。",
            f"**Fusion**: {bits} bits a pixel, through a fixed ±1/√D projection, compared with the "
            f"threshold {threshold:g}.",
        )
    k = blocks.rp_config.n_bits_per_out
    threshold = blocks.rp_config.threshold
    theta = math.ceil(k / 2) if threshold is None else threshold
    return Text(
        f"**融合**：每个像素 {bits} 个位；每个输出通道取其中 k={k} 个，计数 − {theta:g} + 门偏置 ≥ 0 时输出 1。",
        f"**Fusion**: {bits} bits a pixel; each output channel takes k={k} of them and puts out 1 "
        f"where count − {theta:g} + gate bias ≥ 0.",
    )


def _stages(context: ExplainContext) -> list[Text]:
    config = context.config
    size = config.data.image_size
    height, width = size if isinstance(size, tuple) else (size, size)
    channels = config.data.in_channels
    lines = []
    for stage, outputs in enumerate(config.model.blocks.channels_per_stage):
        route = f"{height}×{width}, {channels} → {outputs}"
        lines.append(Text(f"阶段 {stage}：输入 {route} 通道", f"Stage {stage}: input {route} channels"))
        if stage in config.model.blocks.downsample_at:
            height, width = height // 2, width // 2
        channels = outputs
    return lines
