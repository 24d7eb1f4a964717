"""Notes on the paper's network and its baselines: their stages, their head, and where they multiply."""

from __future__ import annotations

from ..cost.published_network import head_features
from .bilingual import Text
from .explain_context import ExplainContext

_SHIFTED_RELU = Text(
    "**移位 ReLU**：max(x, 2^(n−1) − 1)，作用于 n 位整数。",
    "**Shifted ReLU**: max(x, 2^(n−1) − 1), on n-bit integers.",
)
_SIGNS = Text(
    "**符号**：x ≥ 0 时为 1，否则为 −1；仅当 |x| ≤ 1 时梯度通过。",
    "**Signs**: 1 where x ≥ 0, else −1; gradients pass where |x| ≤ 1.",
)


def literature_architecture_notes(context: ExplainContext) -> list[Text]:
    """Return the lines before the architecture's fields."""
    return [_multiplies(context), *_stages(context), _head(context), _other_families()]


def literature_schedule_notes(context: ExplainContext) -> list[Text]:
    """Return the lines before the fields of the schedules."""
    model = context.config.model
    if model.family == "convolutional":
        return [
            Text(
                "**前向**只有一种；没有温度，也没有硬化阶段。", "**Forward**: one; no temperature, no hardening phase."
            )
        ]
    tau = model.literature.tau
    return [
        Text(
            f"**前向**从第一步起就是硬的，位置取整；替代梯度的宽度固定为 {tau:g}。没有门，也没有硬化阶段。",
            f"**Forward**: hard on whole pixels from the first step; the surrogate's width stays {tau:g}. There are no "
            "gates and there is no hardening phase.",
        )
    ]


def literature_cheat_sheet(context: ExplainContext, positions: Text) -> list[Text]:
    """Return the terms of these networks; `positions` tells how positions are learned."""
    model = context.config.model
    if model.family == "literature":
        raised = model.literature.projection == "random" and model.literature.code == "bit_pack"
        return [positions, _SHIFTED_RELU] if raised else [positions]
    return [_SIGNS] if model.convolutional.binary else []


def _multiplies(context: ExplainContext) -> Text:
    model = context.config.model
    if model.family == "literature" and model.literature.projection == "random":
        return Text(
            "**如实说明**：这个网络会做乘法：论文的 MLP 分类头（平均、全连接、BN）。比较阶段本身只比较与拼接整数。"
            "论文的 Size 与 GOPs 不含分类头。",
            "**To be plain**: this network multiplies: the paper's MLP head does (averages, dense layers, BN)."
            " The stages by themselves only compare and pack integers. The paper's size and GOPs leave the head out.",
        )
    where = "1×1 " if model.family == "literature" else ""
    if model.family == "convolutional" and model.convolutional.binary:
        return Text(
            "**如实说明**：这个网络会做乘法：MLP 分类头。二值卷积只做加法与同或。",
            "**To be plain**: this network multiplies: the MLP head does. Its binary convolutions add and XNOR.",
        )
    return Text(
        f"**如实说明**：这个网络会做乘法：{where}卷积与 MLP 分类头。",
        f"**To be plain**: this network multiplies: its {where}convolutions and the MLP head do.",
    )


def _stages(context: ExplainContext) -> list[Text]:
    config, model = context.config, context.config.model
    size = config.data.image_size
    height, width = size if isinstance(size, tuple) else (size, size)
    heights, widths = ([side] * len(model.widths()) for side in (height, width))
    if model.family == "convolutional":
        heights, widths = model.convolutional.sides(height), model.convolutional.sides(width)
    joins = model.family == "literature" and model.literature.projection == "random"
    channels, lines = config.data.in_channels, []
    for stage, kernels in enumerate(model.widths()):
        route = f"{heights[stage]}×{widths[stage]}, {channels} → {f'{channels} + {kernels}' if joins else kernels}"
        lines.append(Text(f"阶段 {stage}：输入 {route} 通道", f"Stage {stage}: input {route} channels"))
        channels = channels + kernels if joins else kernels
    return lines


def _head(context: ExplainContext) -> Text:
    model, features = context.config.model, head_features(context.config)
    pool = model.literature.pool if model.family == "literature" else model.convolutional.pool
    hidden = model.classification_head.hidden
    return Text(
        f"**分类头**：{features // pool**2} 张图 × {pool}×{pool} 个窗口的平均 = {features} 个实数特征，"
        f"隐藏层 {hidden} 个单元。",
        f"**Head**: averages of {features // pool**2} maps × {pool}×{pool} windows = {features} real features, "
        f"{hidden} hidden units.",
    )


def _other_families() -> Text:
    return Text(
        "**别族的字段**（LBP 层、阶段、温度、门、守护、硬化）在此不起作用，保持默认值。",
        "**Fields of other families** (LBP layer, blocks, temperatures, gates, guard, hardening) do nothing here and "
        "keep their defaults.",
    )
