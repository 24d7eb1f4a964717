"""The layout of the explained configuration: the seed document's sections and their fields."""

from __future__ import annotations

from dataclasses import dataclass

from .bilingual import Text


@dataclass(frozen=True)
class Block:
    """One sub-heading and the dotted prefixes of the fields under it."""

    title: Text
    prefixes: tuple[str, ...]

    def holds(self, path: str) -> bool:
        """Tell whether the leaf at dotted `path` stands under this heading."""
        return any(path == p or path.startswith(f"{p}.") for p in self.prefixes)

    def shorten(self, path: str) -> str:
        """Return `path` without the prefix that the heading already names."""
        if len(self.prefixes) == 1:
            return path.removeprefix(f"{self.prefixes[0]}.")
        return path


@dataclass(frozen=True)
class Section:
    """One main heading with its blocks; `key` finds the notes that stand before them."""

    key: str
    title: Text
    blocks: tuple[Block, ...] = ()


SECTIONS: tuple[Section, ...] = (
    Section("results", Text("当前成果（Results）", "Results")),
    Section(
        "architecture",
        Text("模型结构（Architecture）", "Architecture"),
        (
            Block(Text("族", "Family"), ("model.family",)),
            Block(Text("LBP 层（局部二值模式）", "LBP layer"), ("model.lbp_layer",)),
            Block(Text("阶段（Blocks）", "Blocks"), ("model.blocks",)),
            Block(
                Text("分类头（Head）", "Classification head"),
                ("model.classification_head",),
            ),
            Block(Text("不做乘法的网络", "Multiplication-free network"), ("model.routed",)),
            Block(Text("论文的网络", "The paper's network"), ("model.literature",)),
            Block(Text("卷积基线", "Convolutional baselines"), ("model.convolutional",)),
        ),
    ),
    Section(
        "training",
        Text("训练与优化（Training & Optimization）", "Training & Optimisation"),
        (
            Block(Text("训练循环", "Training loop"), ("training",)),
            Block(Text("优化器", "Optimiser"), ("optim",)),
            Block(Text("参数组", "Parameter groups"), ("optimizer_groups",)),
            Block(Text("梯度裁剪", "Gradient clipping"), ("gradient_clipping",)),
            Block(Text("权重平均（EMA）", "Weight averaging (EMA)"), ("ema",)),
        ),
    ),
    Section(
        "scheduling",
        Text(
            "温度/冻结/稳定性/硬化（Scheduling & Stability）",
            "Temperature, freezing, stability, hardening",
        ),
        (
            Block(Text("温度调度", "Temperature schedule"), ("temp_schedule",)),
            Block(Text("冻结策略", "Freezing"), ("freeze_schedule",)),
            Block(Text("稳定性守护", "Stability guard"), ("stability",)),
            Block(Text("硬化微调", "Hard fine-tuning"), ("hard_finetune",)),
            Block(Text("RP 层额外参数", "Extra parameters of the RP layer"), ("model.rp_layer",)),
            Block(
                Text("正则项", "Regularisers"),
                ("alive_ratio_reg", "gate_margin", "offset_radius_reg"),
            ),
        ),
    ),
    Section(
        "data",
        Text("数据与复现（Data & Reproducibility）", "Data & Reproducibility"),
        (
            Block(Text("数据", "Data"), ("data",)),
            Block(Text("随机性", "Randomness"), ("seed", "deterministic", "benchmark")),
            Block(Text("设备", "Device"), ("device",)),
        ),
    ),
    Section("cost", Text("论文口径（Size / GOPs）说明", "The paper's convention (Size / GOPs)")),
    Section("cheat_sheet", Text("关键含义速查（Cheat Sheet）", "Cheat Sheet")),
)
