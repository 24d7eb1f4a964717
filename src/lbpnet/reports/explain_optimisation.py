"""Notes on the optimiser: what is monitored, and the rate each parameter group really gets."""

from __future__ import annotations

from ..config import RunConfig, families_of
from .bilingual import Text
from .explain_context import ExplainContext

_KINDS: tuple[tuple[str, str, Text], ...] = (
    ("lbp_offsets", "offsets", Text("采样偏移", "sampling offsets")),
    ("lbp_alpha", "base", Text("温度因子", "temperature factors")),
    ("rp_gates", "gates", Text("门偏置", "gate biases")),
    ("classification_head", "base", Text("分类头", "head")),
    ("lbp_channels", "base", Text("通道偏好", "channel preferences")),
)


def optimisation_notes(context: ExplainContext) -> list[Text]:
    """Return the lines before the fields of the loop and the optimiser."""
    config = context.config

    def acts(field: str) -> bool:
        chosen = config.model.routed.candidates > 1 or field != "optimizer_groups.lbp_channels"
        return chosen and config.model.family in families_of(field)

    return [
        _monitor(config),
        Text(
            "**两级倍率相乘**：lr = `training.lr` × `optim.lr_mult.<种类>` × "
            "`optimizer_groups.<组>.lr_mult`；wd = `training.weight_decay` × `wd_mult`。"
            "下面是预热之后、退火之前的实际值：",
            "**The two levels multiply**: lr = `training.lr` × `optim.lr_mult.<kind>` × "
            "`optimizer_groups.<group>.lr_mult`; wd = `training.weight_decay` × `wd_mult`. "
            "What this gives after warm-up and before annealing:",
        ),
        *(_group(config, *row) for row in _KINDS if acts(f"optimizer_groups.{row[0]}")),
        _rest(config),
    ]


def _monitor(config: RunConfig) -> Text:
    held = config.data.val_size
    if held == 0:
        return Text(
            f"**监控**：val_size={held}，没有验证集，监控的是训练准确率。",
            f"**Monitored**: val_size={held}, nothing is held out, so it is the training accuracy.",
        )
    return Text(
        f"**监控**：{held} 张留出图像上的验证准确率。",
        f"**Monitored**: the validation accuracy on {held} images held out.",
    )


def _group(config: RunConfig, group: str, kind: str, label: Text) -> Text:
    training = config.training
    coarse = {
        "gates": config.optim.lr_mult.gates,
        "offsets": config.optim.lr_mult.offsets,
        "base": config.optim.lr_mult.base,
    }[kind]
    groups = config.optimizer_groups
    fine = {
        "lbp_offsets": groups.lbp_offsets,
        "lbp_alpha": groups.lbp_alpha,
        "rp_gates": groups.rp_gates,
        "classification_head": groups.classification_head,
        "lbp_channels": groups.lbp_channels,
    }[group]
    rate = f"lr = {training.lr:g} × {coarse:g} × {fine.lr_mult:g} = "
    rate += f"{training.lr * coarse * fine.lr_mult:g}"
    decay = f"wd = {training.weight_decay:g} × {fine.wd_mult:g} = "
    decay += f"{training.weight_decay * fine.wd_mult:g}"
    return Text(f"{label.zh}：{rate}；{decay}", f"{label.en.capitalize()}: {rate}; {decay}")


def _rest(config: RunConfig) -> Text:
    training, base = config.training, config.optim.lr_mult.base
    rate = f"lr = {training.lr:g} × {base:g} = {training.lr * base:g}"
    decay = f"wd = {training.weight_decay:g}"
    return Text(f"其余参数：{rate}；{decay}", f"Everything else: {rate}; {decay}")
