"""What the network costs, in the three conventions, and how its parameters are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cost_figures import cost_section, show_count, show_gops, show_operations
from .html_text import paragraph, table

_RECONCILIATION = (
    ("alive", "parameters of this definition"),
    ("gate_biases", "gate biases, learnable in addition"),
    ("trainable", "trainable: the two together"),
    ("seed_bypass_projection", "the seed's bypass projection, never used, not built here"),
    ("seed_pattern_weights", "the seed's pattern weights, unused in bits mode, not built here"),
    ("reconciled_total", "the seed's count: alive + bypass + pattern weights"),
)


def cost_tables(cost: Mapping[str, Any]) -> str:
    """Return the cost table and the reconciliation; an unknown figure prints `?`."""
    part, whole = cost_section(cost, "parameters"), cost_section(cost, "whole")
    head = ("convention", "what it counts", "bytes", "operations an image", "GOPs")
    return "\n".join(
        [
            *_multiplies(part, whole),
            table(head, _conventions(cost), "cost"),
            "<h3>Parameters</h3>",
            table((), _parameters(cost), "plain counts"),
            *_modules(cost),
        ]
    )


def _multiplies(part: Mapping[str, Any] | None, whole: Mapping[str, Any] | None) -> list[str]:
    if part is None or "alive" in part:
        note = (
            "This network multiplies: bilinear samples, the residual's 1×1 convolution, BatchNorm "
            "and head. The seed convention leaves those out; whole counts them."
        )
    elif whole is not None and whole.get("multiplies"):
        note = f"This network multiplies: {whole['multiplying']}. wacv leaves the head out; whole counts it."
    else:
        return []
    return [paragraph(note, "note")]


def _conventions(cost: Mapping[str, Any]) -> list[tuple[str, ...]]:
    seed, wacv = cost_section(cost, "seed"), cost_section(cost, "wacv")
    whole = cost_section(cost, "whole")
    rows: list[tuple[str, ...]] = []
    if seed is None:
        rows.append(("seed", "not defined for this network", "–", "–", "–"))
    else:
        size = f"{show_count(seed, 'size_bytes')} ({show_count(seed, 'size_bytes_without_map')} "
        ops = ", ".join(f"{kind} {show_count(seed, kind)}" for kind in ("cmp", "add", "mul"))
        row = ("seed", "LBP and projection alone")
        rows.append((*row, size + "without map)", ops, show_gops(seed)))
    if wacv is None:
        rows.append(("wacv", "not defined for this network", "–", "–", "–"))
    else:
        compared = f"compare {show_count(wacv, 'comparisons')}"
        if "comparisons" not in wacv:
            compared = ", ".join(f"{kind} {show_count(wacv, kind)}" for kind in ("multiplications", "additions"))
        row = ("wacv", "the paper's: pattern memory and comparisons")
        rows.append((*row, show_count(wacv, "size_bytes"), compared, show_gops(wacv)))
    row = ("whole", "everything stored and executed, head included")
    rows.append((*row, show_count(whole, "stored_bytes"), show_operations(whole), "–"))
    return rows


def _parameters(cost: Mapping[str, Any]) -> list[tuple[str, ...]]:
    part = cost_section(cost, "parameters")
    if part is not None and "alive" not in part:
        return [("trained", show_count(part, "trainable"))]
    return [(label, show_count(part, key)) for key, label in _RECONCILIATION]


def _modules(cost: Mapping[str, Any]) -> list[str]:
    part = cost_section(cost, "parameters")
    modules = None if part is None else part.get("by_module")
    if not isinstance(modules, Mapping) or not modules:
        return []
    rows = [(str(name), show_count(modules, name)) for name in modules]
    return ["<details><summary>By module</summary>", table((), rows, "plain counts"), "</details>"]
