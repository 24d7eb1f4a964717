"""What each field of temperature, freezing, guard, hardening and regularisers means."""

from __future__ import annotations

from .bilingual import Text

_TEMPERATURE: dict[str, Text] = {
    "temp_schedule.enable": Text(
        "按计划改变两个温度；为假则固定为 `alpha_init` 与 `tau`。",
        "Moves both temperatures along a schedule; if false they stay at `alpha_init` and `tau`.",
    ),
    "temp_schedule.type": Text(
        "起点与终点之间的曲线：`cosine` 或 `linear`。",
        "Curve between start and end: `cosine` or `linear`.",
    ),
    "temp_schedule.alpha_start": Text(
        "首轮的比较温度。",
        "Comparison temperature in the first epoch.",
    ),
    "temp_schedule.alpha_end": Text(
        "末轮的比较温度；替代函数的斜率（`ste_scale_bits`）是其倒数。",
        "Comparison temperature in the last epoch; the surrogate's slope (`ste_scale_bits`) is its reciprocal.",
    ),
    "temp_schedule.tau_start": Text(
        "首轮的门温度，只影响梯度的形状。",
        "Gate temperature in the first epoch; it shapes the gradient only.",
    ),
    "temp_schedule.tau_end": Text(
        "末轮的门温度。",
        "Gate temperature in the last epoch.",
    ),
}

_FREEZING: dict[str, Text] = {
    "freeze_schedule.freeze_offsets_epochs": Text(
        "前多少轮冻结采样偏移与 alpha 因子，先让分类头站稳。",
        "First epochs in which offsets and alpha factors are frozen, so that the head settles.",
    ),
    "freeze_schedule.settle_epochs": Text(
        "最后多少轮冻结采样偏移、alpha 因子与通道，让分类头在不再变化的图上学完。",
        "Last epochs in which offsets, alpha factors and channels are frozen, so that the head ends on maps that stay.",
    ),
    "freeze_schedule.freeze_gates_extra_epochs": Text(
        "门比偏移多冻结的轮数；仅在 `freeze_gate_epochs` 为 `None` 时起作用。",
        "How much longer gates stay frozen than offsets; counts only where `freeze_gate_epochs` is `None`.",
    ),
    "freeze_schedule.freeze_gate_epochs": Text(
        "门冻结的总轮数；给出明确数字时，它优先于上一行的累加。",
        "Total epochs in which gates are frozen; an explicit number wins over the sum above.",
    ),
}

_GUARD: dict[str, Text] = {
    "stability.collapse_guard": Text(
        "监视训练，发现塌缩迹象时暂时软化替代函数并冻结 alpha。",
        "Watches for collapse; then softens the surrogates and freezes alpha for a while.",
    ),
    "stability.window": Text(
        "取最近多少轮中的最高监控准确率作参照。",
        "Recent epochs whose best monitored accuracy is the reference.",
    ),
    "stability.acc_drop_thr": Text(
        "低于参照多少（以比例计）才算一次回撤。",
        "Drop below the reference, as a fraction, that counts as a retreat.",
    ),
    "stability.alive_upper": Text(
        "只有开门比例高于此值时守护才会动作。",
        "The guard acts only while the share of open gates is above this.",
    ),
    "stability.consecutive": Text(
        "连续回撤多少次才动作。",
        "Retreats in a row before it acts.",
    ),
    "stability.soften_factor": Text(
        "软化期间两个温度都乘以它。",
        "Both temperatures are multiplied by this while softened.",
    ),
    "stability.soften_epochs": Text(
        "软化以及 alpha 冻结持续的轮数。",
        "Epochs for which the softening and the freeze of alpha last.",
    ),
}

_HARDENING: dict[str, Text] = {
    "hard_finetune.enable": Text(
        "末段改用推理时的前向训练，梯度仍走替代函数。",
        "Trains the last part with the forward pass of inference, through surrogate gradients.",
    ),
    "hard_finetune.start_epoch": Text(
        "硬化的首轮，从 0 数起。",
        "First hard epoch, counted from 0.",
    ),
    "hard_finetune.lr_mult": Text(
        "从该轮起，每个学习率都乘一次。",
        "Applied once to every learning rate from that epoch on.",
    ),
    "hard_finetune.hard_forward_bits": Text(
        "硬化期比较位的前向取 0 或 1；`use_ste` 为真时本来就如此。",
        "Comparison bits are 0 or 1 in the hard phase's forward pass; with `use_ste` they already were.",
    ),
    "hard_finetune.hard_forward_gates": Text(
        "硬化期门的前向取 0 或 1；`use_ste` 为真时本来就如此。",
        "Gates are 0 or 1 in the hard phase's forward pass; with `use_ste` they already were.",
    ),
    "hard_finetune.bn_mode": Text(
        "`track` 继续更新 BatchNorm 统计量，`freeze` 使用已有的滑动统计量。",
        "`track` goes on updating BatchNorm statistics, `freeze` uses the running ones.",
    ),
    "hard_finetune.bn_recal_batches": Text(
        "硬路径评估之前，用多少个训练批次重新估计 BatchNorm 统计量。",
        "Training batches from which BatchNorm statistics are re-estimated before hard evaluation.",
    ),
}

_REGULARISERS: dict[str, Text] = {
    "alive_ratio_reg.enable": Text(
        "在损失中加入开门比例项：weight × (平均开门比例 − target)²，对阶段取平均。",
        "Adds to the loss weight × (mean open share − target)², averaged over stages.",
    ),
    "alive_ratio_reg.target": Text("期望的开门比例。", "Wanted share of open gates."),
    "alive_ratio_reg.weight": Text("该项的权重。", "Weight of the term."),
    "gate_margin.enable": Text(
        "在损失中加入门边际项：weight × mean(max(0, margin − |门的输入|))，对阶段取平均。",
        "Adds to the loss weight × mean(max(0, margin − |input of the gate|)), averaged over stages.",
    ),
    "gate_margin.margin": Text(
        "离阈值近于此距离的门会被推开，减少来回翻转。",
        "Gates nearer to their threshold than this are pushed away, so that fewer flip.",
    ),
    "gate_margin.weight": Text("该项的权重。", "Weight of the term."),
    "offset_radius_reg.enable": Text(
        "在损失中加入偏移半径项：weight × mean(max(0, |偏移| − radius)²)，对阶段取平均。",
        "Adds to the loss weight × mean(max(0, |offset| − radius)²), averaged over stages.",
    ),
    "offset_radius_reg.radius": Text(
        "离中心点多远（像素）以内不受罚。",
        "Distance from the pivot, in pixels, that costs nothing.",
    ),
    "offset_radius_reg.weight": Text("该项的权重。", "Weight of the term."),
}

SCHEDULE_FIELDS: dict[str, Text] = {
    **_TEMPERATURE,
    **_FREEZING,
    **_GUARD,
    **_HARDENING,
    **_REGULARISERS,
}
