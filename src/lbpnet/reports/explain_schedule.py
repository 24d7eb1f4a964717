"""Notes on the schedules: temperatures, frozen phases, soft and hard forward, scaled epochs."""

from __future__ import annotations

from ..config import RunConfig
from ..config.epoch_scaling import gate_freeze_sum, gate_freeze_total, scaled_epochs, whole_epochs
from .bilingual import Text
from .explain_context import ExplainContext
from .explain_literature import literature_schedule_notes
from .explain_routed import routed_schedule_notes


def schedule_notes(context: ExplainContext) -> list[Text]:
    """Return the lines before the fields of the schedules."""
    config = context.config
    if context.is_routed:
        return [*routed_schedule_notes(context), *_scaling(config)]
    if not context.is_residual:
        return [*literature_schedule_notes(context), *_scaling(config)]
    notes = [_alpha(config), _tau(config, context.has_gates), _bits(config)]
    if context.has_gates:
        notes += [_gates(config), _gate_freezing(config)]
    return [*notes, *_scaling(config)]


def _alpha(config: RunConfig) -> Text:
    temp, lbp = config.temp_schedule, config.model.lbp_layer
    course = f"{temp.alpha_start:g} → {temp.alpha_end:g}" if temp.enable else f"{lbp.alpha_init:g}"
    if lbp.learn_alpha:
        return Text(
            f"**alpha**：{course}；阶段的 alpha = 计划值 × 该阶段的可学习因子。",
            f"**alpha**: {course}; the alpha of a stage = scheduled value × its learnable factor.",
        )
    return Text(
        f"**alpha**：{course}；各阶段相同，没有可学习因子。",
        f"**alpha**: {course}; the same in all stages, without a learnable factor.",
    )


def _tau(config: RunConfig, has_gates: bool) -> Text:
    temp, rp = config.temp_schedule, config.model.blocks.rp_config
    course = f"{temp.tau_start:g} → {temp.tau_end:g}" if temp.enable else f"{rp.tau:g}"
    if not has_gates:
        return Text(
            f"**tau**：{course}；此融合没有门，tau 不起作用。",
            f"**tau**: {course}; this fusion has no gates, so tau does nothing.",
        )
    if rp.use_ste:
        return Text(
            f"**tau**：{course}；只影响门的梯度形状，不影响前向。",
            f"**tau**: {course}; it shapes the gates' gradient and leaves the forward pass alone.",
        )
    return Text(
        f"**tau**：{course}；`use_ste` 为假，训练中的软前向也随它变化。",
        f"**tau**: {course}; `use_ste` is false, so the soft forward of training follows it too.",
    )


def _bits(config: RunConfig) -> Text:
    hard = config.hard_finetune
    if config.model.blocks.rp_config.use_ste:
        return Text(
            "**前向：比较位**始终是硬的（`use_ste`），alpha 只决定替代梯度的斜率 1/alpha（即 `ste_scale_bits`）。",
            "**Forward, comparison bits**: hard throughout (`use_ste`); alpha only sets the slope of the surrogate "
            "gradient, 1/alpha (`ste_scale_bits`).",
        )
    if hard.enable and hard.hard_forward_bits:
        start = whole_epochs(hard.start_epoch, config)
        return Text(
            f"**前向：比较位**在训练路径中是软的（斜率为 1/alpha 的 sigmoid），自第 {start} 轮起取硬值。",
            f"**Forward, comparison bits**: soft in the training path (a sigmoid of slope 1/alpha) "
            f"and hard from epoch {start} on.",
        )
    return Text(
        "**前向：比较位**在训练路径中始终是软的（斜率为 1/alpha 的 sigmoid）；只有推理用硬值。",
        "**Forward, comparison bits**: soft in the training path throughout (a sigmoid of slope "
        "1/alpha); only inference is hard.",
    )


def _gates(config: RunConfig) -> Text:
    hard = config.hard_finetune
    if config.model.blocks.rp_config.use_ste:
        return Text(
            "**前向：门**始终是硬的（`use_ste`），替代函数只提供梯度。",
            "**Forward, gates**: hard throughout (`use_ste`); the surrogate gives only gradients.",
        )
    if hard.enable and hard.hard_forward_gates:
        start = whole_epochs(hard.start_epoch, config)
        return Text(
            f"**前向：门**在训练中是软的，自第 {start} 轮起取硬值。",
            f"**Forward, gates**: soft in training and hard from epoch {start} on.",
        )
    return Text(
        "**前向：门**在训练中始终是软的；只有推理用硬值。",
        "**Forward, gates**: soft in training throughout; only inference is hard.",
    )


def _gate_freezing(config: RunConfig) -> Text:
    freeze = config.freeze_schedule
    offsets, extra = freeze.freeze_offsets_epochs, freeze.freeze_gates_extra_epochs
    total, summed = gate_freeze_total(config), gate_freeze_sum(config)
    if freeze.freeze_gate_epochs is None:
        return Text(
            f"**门冻结**：{offsets} + {extra} = {total} 轮（没有明确的总数）。",
            f"**Gate freezing**: {offsets} + {extra} = {total} epochs (no explicit total).",
        )
    if total == summed:
        return Text(
            f"**门冻结**：{offsets} + {extra} = {summed} 轮，与明确的总数 {total} 一致。",
            f"**Gate freezing**: {offsets} + {extra} = {summed} epochs, which agrees with the explicit total {total}.",
        )
    return Text(
        f"**门冻结**：{offsets} + {extra} = {summed}，而 `freeze_gate_epochs` 给出 {total}，"
        f"两者不一致（种子文档即如此）；以明确的总数 {total} 为准。",
        f"**Gate freezing**: {offsets} + {extra} = {summed}, but `freeze_gate_epochs` gives "
        f"{total}; they disagree, as they do in the seed document, and the explicit total "
        f"{total} wins.",
    )


def _scaling(config: RunConfig) -> list[Text]:
    training = config.training
    if training.schedule_epochs is None:
        return [
            Text(
                "**轮次字段**按原值使用（`schedule_epochs` 为 `None`）。",
                "**Epoch numbers** act as written (`schedule_epochs` is `None`).",
            )
        ]
    ratio = f"{training.epochs} / {training.schedule_epochs}"
    lines = [f"`{name}`: {old:g} → {new:g}" for name, old, new in scaled_epochs(config)]
    return [
        Text(
            f"**轮次字段**乘以 epochs / schedule_epochs = {ratio}，整轮字段向下取整，预热保留小数：",
            f"**Epoch numbers** are multiplied by epochs / schedule_epochs = {ratio}; whole "
            f"epochs are rounded down, warm-up keeps its fraction:",
        ),
        *(Text(line, line) for line in lines),
    ]
