"""The terms that a reader of the explained configuration looks up most."""

from __future__ import annotations

from .bilingual import Text
from .explain_context import ExplainContext
from .explain_literature import literature_cheat_sheet

_TERNARY = Text(
    "**整数头**：权重由浮点潜变量取整而来，梯度直通；评估时的得分是精确的整数，训练与推理是同一个函数。",
    "**Integer head**: weights are rounded from float latents, gradients pass straight through; the scores of "
    "evaluation are exact integers, the function that was trained.",
)
_POSITIONS = Text(
    "**位置**：作为实数学习，前向取整到像素；梯度 = 误差 × 替代函数 × 图像梯度。",
    "**Positions**: learned as real numbers, whole pixels in the forward pass; gradient = error × surrogate × "
    "image gradient.",
)


def cheat_sheet_notes(context: ExplainContext) -> list[Text]:
    """Return the lines of the cheat sheet."""
    config = context.config
    if context.is_routed:
        return [_TERNARY, _POSITIONS]
    if not context.is_residual:
        return literature_cheat_sheet(context, _POSITIONS)
    k = config.model.blocks.rp_config.n_bits_per_out
    batches = config.hard_finetune.bn_recal_batches
    return [
        Text(
            "**alpha**：比较位的温度，越小越接近 0/1 判定；斜率为 1/alpha。",
            "**alpha**: temperature of the comparison bits; the smaller, the nearer to a 0/1 "
            "decision; the slope is 1/alpha.",
        ),
        Text(
            "**tau**：门的温度，斜率为 1/tau；`use_ste` 为真时只决定梯度形状。",
            "**tau**: temperature of the gates, slope 1/tau; with `use_ste` it only shapes the gradient.",
        ),
        Text(
            f"**n_bits_per_out**：每个输出通道计数的位数，此处 k={k}。",
            f"**n_bits_per_out**: bits that each output channel counts, here k={k}.",
        ),
        Text(
            "**alive_ratio**：打开的门所占比例；正则项拉住它，守护盯着它。",
            "**alive_ratio**: share of gates that are open; a regulariser holds it and the guard watches it.",
        ),
        Text(
            f"**BN 重校准**：在硬路径下用 {batches} 个训练批次重新估计 BN 统计量，使其符合推理时的分布。",
            f"**BN recalibration**: BN statistics re-estimated on the hard path from {batches} "
            f"training batches, so that they fit what inference sees.",
        ),
    ]
