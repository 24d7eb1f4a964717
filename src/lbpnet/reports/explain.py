"""Write the explained configuration as Markdown, in Chinese or in English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..config import RunConfig
from ..errors import ConfigError
from .bilingual import Lang, Text
from .config_leaves import config_leaves, show_value
from .explain_architecture import architecture_notes
from .explain_cheat_sheet import cheat_sheet_notes
from .explain_context import ExplainContext
from .explain_cost import cost_notes
from .explain_data import data_notes
from .explain_fields import EXPLANATIONS
from .explain_optimisation import optimisation_notes
from .explain_results import change_notes, result_notes
from .explain_schedule import schedule_notes
from .explain_sections import SECTIONS, Block, Section
from .run_results import RunResults

_NOTES: dict[str, Callable[[ExplainContext], list[Text]]] = {
    "results": result_notes,
    "architecture": architecture_notes,
    "training": optimisation_notes,
    "scheduling": schedule_notes,
    "data": data_notes,
    "cost": cost_notes,
    "cheat_sheet": cheat_sheet_notes,
}
_CHANGES = Text("与预设的差异", "Changes from the preset")
_FOOTER = Text(
    "—— 由当前配置自动生成，请勿手工修改；改动配置后重新生成即可。",
    "— Generated from the live configuration; change the configuration, not this page.",
)


def explain(
    config: RunConfig,
    name: str,
    *,
    lang: Lang,
    cost: Mapping[str, Any],
    results: RunResults | None,
) -> str:
    """Return the seed document's sections, written from the live configuration, as Markdown.

    Args:
        config: what is explained; every leaf appears with its value.
        name: preset or run name, for the title.
        lang: `zh` or `en`; both have the same structure and the same figures.
        cost: figures of the three conventions; what is missing prints `?`.
        results: a run's results, or None before training.

    Raises:
        ConfigError: another language, or a field without an explanation.
    """
    if lang not in ("zh", "en"):
        raise ConfigError(f"lang: expected 'zh' or 'en', got {lang!r}")
    context = ExplainContext(config=config, name=name, cost=cost, results=results)
    leaves = dict(config_leaves(config))
    _check_complete(leaves)
    lines = [f"# {Text(f'{name}：配置说明', f'{name}: the configuration explained').of(lang)}", ""]
    lines += [f"- {line.of(lang)}" for line in _origin(context)]
    for section in SECTIONS:
        lines += _section(section, context, leaves, lang)
    return "\n".join([*lines, "", _FOOTER.of(lang), ""])


def _check_complete(leaves: Mapping[str, Any]) -> None:
    for path in leaves:
        placed = any(block.holds(path) for section in SECTIONS for block in section.blocks)
        if path not in EXPLANATIONS or not placed:
            raise ConfigError(f"field '{path}' has no explanation; add it to lbpnet.reports")


def _origin(context: ExplainContext) -> list[Text]:
    preset, data = context.preset, context.config.data
    label = f"`{context.name}`"
    if preset is None:
        origin = Text("自定义配置，并非预设", "the user's own configuration, no preset")
    else:
        found = f'`lbpnet.PRESETS["{context.name}"]`'
        origin = Text(f"{found}（{preset.source}）", f"{found} ({preset.source})")
    source = "" if data.root is None else f", `{data.root}`"
    held = Text(
        f"`{data.dataset}`{source}，留出验证图像 {data.val_size} 张",
        f"`{data.dataset}`{source}, {data.val_size} images held out for validation",
    )
    return [
        Text(f"预设：{label}", f"Preset: {label}"),
        Text(f"来源：{origin.zh}", f"Source: {origin.en}"),
        Text(f"适用数据：{held.zh}", f"Data: {held.en}"),
    ]


def _section(section: Section, context: ExplainContext, leaves: Mapping[str, Any], lang: Lang) -> list[str]:
    lines = ["", f"## {section.title.of(lang)}", ""]
    lines += [f"- {note.of(lang)}" for note in _NOTES[section.key](context)]
    if section.key == "results":
        lines += ["", f"### {_CHANGES.of(lang)}", ""]
        lines += [f"- {note.of(lang)}" for note in change_notes(context)]
    for block in section.blocks:
        lines += _block(block, leaves, lang)
    return lines


def _block(block: Block, leaves: Mapping[str, Any], lang: Lang) -> list[str]:
    prefixes = ", ".join(f"`{prefix}`" for prefix in block.prefixes)
    colon = Text("：", ": ").of(lang)
    lines = ["", f"### {block.title.of(lang)} · {prefixes}", ""]
    for path, value in leaves.items():
        if block.holds(path):
            label = f"**{block.shorten(path)}={show_value(value)}**"
            lines.append(f"- {label}{colon}{EXPLANATIONS[path].of(lang)}")
    return lines
