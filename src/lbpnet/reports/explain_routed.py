"""Notes on a routed network: what each stage reads, what the head adds up, and which sections are not for it."""

from __future__ import annotations

from ..config import LARGEST_WEIGHT, HeadWeights
from .bilingual import Text
from .explain_context import ExplainContext


def routed_architecture_notes(context: ExplainContext) -> list[Text]:
    """Return the lines before the architecture's fields."""
    return [
        Text(
            "**这个网络不做乘法**：从 uint8 像素到类别序号，只有比较、移位和整数加减；评估时的输出就是整数得分。",
            "**This network never multiplies**: from uint8 pixels to the class index it compares, shifts, adds and "
            "subtracts integers; what it puts out in evaluation are the integer scores.",
        ),
        *_stages(context),
        _head(context),
        _other_family(),
    ]


def routed_schedule_notes(context: ExplainContext) -> list[Text]:
    """Return the lines before the fields of the schedules."""
    routed = context.config.model.routed
    course = Text(f"固定为 {routed.tau:g}", f"stays {routed.tau:g}")
    if routed.tau_end is not None:
        span = f"{routed.tau:g} → {routed.tau_end:g}"
        course = Text(f"沿余弦变化：{span}", f"follows a cosine, {span}")
    return [
        Text(
            f"**前向**从第一步起就是硬的，位置取整；替代梯度的宽度{course.zh}。没有门，也没有硬化阶段。",
            f"**Forward**: hard on whole pixels from the first step; the surrogate's width {course.en}. There are no "
            "gates and there is no hardening phase.",
        )
    ]


def _stages(context: ExplainContext) -> list[Text]:
    config, routed = context.config, context.config.model.routed
    size = config.data.image_size
    height, width = size if isinstance(size, tuple) else (size, size)
    channels, lines = config.data.in_channels, []
    sides = zip(routed.sides(height), routed.sides(width), strict=True)
    for stage, (kernels, (rows, columns)) in enumerate(zip(routed.kernels, sides, strict=False)):
        route = f"{rows}×{columns}, {channels} → {channels} + {kernels}"
        lines.append(Text(f"阶段 {stage}：输入 {route} 通道", f"Stage {stage}: input {route} channels"))
        channels += kernels
    return lines


def _head(context: ExplainContext) -> Text:
    head, routed = context.config.model.routed.head, context.config.model.routed
    maps = sum(routed.kernels[head.first_stage :])
    features = maps * head.pool**2
    hidden = Text("", "")
    if head.hidden:
        zh, en = _levels(head.hidden_weights)
        hidden = Text(f"{head.hidden} 个隐藏单元，权重 {zh}；", f"{head.hidden} hidden units of weights {en}; ")
    zh, en = _levels(head.weights)
    return Text(
        f"**分类头**：{maps} 张图 × {head.pool}×{head.pool} 个窗口之和 = {features} 个特征；{hidden.zh}"
        f"得分的权重 {zh}；整数偏置。",
        f"**Head**: sums of {maps} maps × {head.pool}×{head.pool} windows = {features} features; {hidden.en}"
        f"scores of weights {en}; integer biases.",
    )


def _levels(weights: HeadWeights) -> tuple[str, str]:
    largest = LARGEST_WEIGHT[weights]
    highest = 1 if weights == "2bit" else largest
    return f"−{largest} 到 {highest}", f"from −{largest} to {highest}"


def _other_family() -> Text:
    return Text(
        "**另一族的字段**（LBP 层、阶段、隐藏层、温度、门、守护、硬化）在此不起作用，保持默认值。",
        "**Fields of the other family** (LBP layer, blocks, hidden layer, temperatures, gates, guard, hardening) do "
        "nothing here and keep their defaults.",
    )
