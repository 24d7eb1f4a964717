"""The results of the explained configuration: data, parameters, cost, accuracy, files."""

from __future__ import annotations

from .bilingual import Text
from .config_leaves import config_leaves, show_value
from .cost_figures import (
    UNKNOWN,
    cost_section,
    show_count,
    show_gops,
    show_operations,
    show_percent,
)
from .explain_context import ExplainContext
from .path_titles import PATH_TITLES
from .run_results import PATHS, Evaluation


def result_notes(context: ExplainContext) -> list[Text]:
    """Return the lines of the results section."""
    return [
        _data_sizes(context),
        *_parameters(context),
        *_cost(context),
        _monitored(context),
        *_test_accuracies(context),
        _files(context),
    ]


def change_notes(context: ExplainContext) -> list[Text]:
    """Return one line for each field that differs from the preset of the same name."""
    preset = context.preset
    if preset is None:
        return [Text("这不是预设，无从比较。", "This is no preset; there is nothing to compare.")]
    written = dict(config_leaves(preset.config))
    changes = [
        f"`{path}`: {show_value(written[path])} → {show_value(value)}"
        for path, value in config_leaves(context.config)
        if value != written[path]
    ]
    if not changes:
        return [Text("与预设完全一致。", "Identical with the preset.")]
    return [Text(change, change) for change in changes]


def _data_sizes(context: ExplainContext) -> Text:
    data, results = context.config.data, context.results
    if results is not None and results.data is not None:
        record = results.data
        sizes = ", ".join(f"{part}={record.get(part, UNKNOWN)}" for part in ("train", "val", "test"))
        name, source = record.get("name", UNKNOWN), record.get("source", UNKNOWN)
        return Text(f"**数据规模**：{sizes}（{name}，{source}）", f"**Images**: {sizes} ({name}, {source})")
    # The readers behind the table import Pillow: only where no run says the sizes.
    from ..data.sources import SOURCES

    known = SOURCES.get(data.dataset) if data.root is None else None
    train = test = UNKNOWN
    if known is not None:
        train = str(min(known.train_size, data.train_limit or known.train_size) - data.val_size)
        test = str(known.test_size)
    sizes = f"train={train}, val={data.val_size}, test={test}"
    return Text(f"**数据规模**：{sizes}", f"**Images**: {sizes}")


def _parameters(context: ExplainContext) -> list[Text]:
    part = cost_section(context.cost, "parameters")
    if not context.is_residual:
        trained = show_count(part, "trainable")
        return [Text(f"**可训练参数**：{trained}", f"**Trained parameters**: {trained}")]
    alive, gates = show_count(part, "alive"), show_count(part, "gate_biases")
    trainable, total = show_count(part, "trainable"), show_count(part, "reconciled_total")
    bypass = show_count(part, "seed_bypass_projection")
    weights = show_count(part, "seed_pattern_weights")
    return [
        Text(
            f"**参数量**：{alive}；加上 {gates} 个门偏置，可训练参数共 {trainable}",
            f"**Parameters**: {alive}; with the {gates} gate biases, {trainable} are trainable",
        ),
        Text(
            f"**与种子口径对账**：{alive} + {bypass}（从未使用的旁路投影）+ {weights}（未使用的图案权重）= {total}",
            f"**Reconciled with the seed's count**: {alive} + {bypass} (a bypass projection that "
            f"is never used) + {weights} (unused pattern weights) = {total}",
        ),
    ]


def _cost(context: ExplainContext) -> list[Text]:
    whole = cost_section(context.cost, "whole")
    stored, kinds = show_count(whole, "stored_bytes"), show_operations(whole)
    initial = whole is not None and whole.get("weights") == "initial"
    noted = ("（初始权重，训练后会变）", " (of initial weights; training changes them)") if initial else ("", "")
    return [
        *_seed_cost(context),
        Text(
            f"**整网口径（含分类头）**：存储 {stored} Bytes；每张图像 {kinds}{noted[0]}",
            f"**`whole` convention, head included**: {stored} bytes stored; an image: {kinds}{noted[1]}",
        ),
    ]


def _seed_cost(context: ExplainContext) -> list[Text]:
    if not context.is_residual:
        return []
    seed = cost_section(context.cost, "seed")
    if seed is None and context.config.model.blocks.fusion_type != "rp_paper":
        return [
            Text(
                "**种子口径**：只对 `rp_paper` 融合有定义",
                "**`seed` convention**: defined for the `rp_paper` fusion alone",
            )
        ]
    size, bare = show_count(seed, "size_bytes"), show_count(seed, "size_bytes_without_map")
    ops = " / ".join(show_count(seed, kind) for kind in ("cmp", "add", "mul"))
    return [
        Text(
            f"**种子口径 Size（仅 LBP+RP）**：{size} Bytes；不计映射表 {bare} Bytes",
            f"**Size, `seed` convention (LBP+RP only)**: {size} bytes; {bare} without the map",
        ),
        Text(
            f"**种子口径 GOPs（仅 LBP+RP）**：{show_gops(seed)}",
            f"**GOPs, `seed` convention (LBP+RP only)**: {show_gops(seed)}",
        ),
        Text(
            f"**种子口径 ops（cmp/add/mul）**：{ops}",
            f"**Operations, `seed` convention (cmp/add/mul)**: {ops}",
        ),
    ]


def _monitored(context: ExplainContext) -> Text:
    if context.results is None:
        return Text("**监控最佳准确率**：尚未训练", "**Best monitored accuracy**: not trained yet")
    best = context.results.best
    value = show_percent(best.monitor)
    if best.monitor_name == "train_accuracy":
        what = Text("训练准确率，因为没有验证集", "training accuracy, as nothing is held out")
    else:
        what = Text("验证准确率", "validation accuracy")
    return Text(
        f"**监控最佳准确率**（{what.zh}）：{value}，第 {best.epoch} 轮（从 0 数起）",
        f"**Best monitored accuracy** ({what.en}): {value} in epoch {best.epoch} (counted from 0)",
    )


def _test_accuracies(context: ExplainContext) -> list[Text]:
    evaluation = None if context.results is None else context.results.evaluation
    if evaluation is None:
        return [Text("**测试准确率**：尚未评估", "**Test accuracy**: not evaluated yet")]
    return [_test_accuracy(evaluation, name) for name in PATHS if name in evaluation.paths]


def _test_accuracy(evaluation: Evaluation, name: str) -> Text:
    result, label = evaluation.paths[name], PATH_TITLES[name]
    figures = f"{show_percent(result.accuracy)} (n={result.n})"
    return Text(f"**测试准确率（{label.zh}）**：{figures}", f"**Test accuracy, {label.en}**: {figures}")


def _files(context: ExplainContext) -> Text:
    if context.results is None:
        return Text("**日志与模型文件**：尚无", "**Log and model files**: none yet")
    folder = context.results.folder.name
    evaluation = context.results.evaluation
    kind = "final" if evaluation is None else evaluation.checkpoint
    log, model = f"`{folder}/metrics.jsonl`", f"`{folder}/{kind}.safetensors`"
    return Text(f"**日志**：{log}；**模型文件**：{model}", f"**Log**: {log}; **model file**: {model}")
