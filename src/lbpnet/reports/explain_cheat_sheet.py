"""The terms that a reader of the explained configuration looks up most."""

from __future__ import annotations

from .bilingual import Text
from .explain_context import ExplainContext


def cheat_sheet_notes(context: ExplainContext) -> list[Text]:
    """Return the lines of the cheat sheet."""
    config = context.config
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
