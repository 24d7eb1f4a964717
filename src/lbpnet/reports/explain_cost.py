"""The conventions by which size and operations are counted, with the live figures."""

from __future__ import annotations

from .bilingual import Text
from .cost_figures import cost_section, show_count, show_gops, show_operations, whole_number
from .explain_context import ExplainContext

_WHOLE = Text(
    "**`whole` 口径**数运行整个网络所需存储的每个字节与每张图像实际执行的每次运算，包括分类头。",
    "**The `whole` convention** counts each byte stored to run the whole network and each "
    "operation executed an image, head included.",
)


def cost_notes(context: ExplainContext) -> list[Text]:
    """Return the lines of the section on size and operations."""
    if context.is_routed:
        return [_wacv(context), _WHOLE, *_program(context)]
    if not context.is_residual:
        return [_wacv(context), _WHOLE]
    return [
        Text(
            "**`seed` 口径**只数 LBP 比较与融合；残差、BN、ReLU、池化与分类头都不计，"
            "所以 mul 一栏为 0 并不表示网络不做乘法。",
            "**The `seed` convention** counts LBP comparisons and fusion alone; residual, BN, "
            "ReLU, pooling and head are left out, so 0 under mul doesn't mean that the network "
            "never multiplies.",
        ),
        *_seed(context),
        _wacv(context),
        _WHOLE,
    ]


def _program(context: ExplainContext) -> list[Text]:
    whole = cost_section(context.cost, "whole")
    if whole is None:
        return []
    kinds, size, tables = show_operations(whole), show_count(whole, "stored_bytes"), show_count(whole, "table_bytes")
    memory, gates = show_count(whole, "ram_bytes"), show_count(whole, "gates")
    return [
        Text(
            f"**整数程序**：文件 {size} Bytes（其中表 {tables}）；每张图像 {kinds}；内存峰值 {memory} Bytes；"
            f"展开为双输入门 {gates} 个（全加器 5、半加器 2）。",
            f"**The integer program**: a file of {size} bytes (tables {tables}); an image takes {kinds}; memory peaks "
            f"at {memory} bytes; unrolled, {gates} two-input gates (full adder 5, half adder 2).",
        )
    ]


def _seed(context: ExplainContext) -> list[Text]:
    is_projection = context.config.model.blocks.fusion_type == "rp_paper"
    if cost_section(context.cost, "seed") is None and not is_projection:
        return [
            Text(
                "**`seed` 口径**只对 `rp_paper` 融合有定义，这个网络没有这些数字。",
                "**The `seed` convention** is defined for the `rp_paper` fusion alone; this "
                "network has no such figures.",
            )
        ]
    return [_operations(context), _size(context)]


def _operations(context: ExplainContext) -> Text:
    seed = cost_section(context.cost, "seed")
    figures = (
        f"cmp {show_count(seed, 'cmp')} / add {show_count(seed, 'add')} / "
        f"mul {show_count(seed, 'mul')}, GOPs {show_gops(seed)}"
    )
    k = context.config.model.blocks.rp_config.n_bits_per_out
    return Text(
        f"**运算**：每个阶段在其输入的 H×W 个像素上，cmp = (P·N + K)·H·W，"
        f"add = (P·N + (k − 1)·K)·H·W，k={k}。"
        f"比较次数与 k 无关，加法随 k 增长：{figures}。",
        f"**Operations**: over the H×W pixels of its input, a stage makes cmp = (P·N + K)·H·W and "
        f"add = (P·N + (k − 1)·K)·H·W, k={k}. Comparisons don't depend on k, additions grow "
        f"with it: {figures}.",
    )


def _size(context: ExplainContext) -> Text:
    seed = cost_section(context.cost, "seed")
    total, bare = whole_number(seed, "size_bytes"), whole_number(seed, "size_bytes_without_map")
    extra = "?" if total is None or bare is None else f"{total - bare:,}"
    size, plain = show_count(seed, "size_bytes"), show_count(seed, "size_bytes_without_map")
    return Text(
        f"**存储**：偏移每阶段 4 B × 2·P·N，共 {plain} Bytes；映射表 4 B × k·K，共 {extra} Bytes；合计 {size} Bytes。",
        f"**Size**: offsets, 4 B × 2·P·N a stage, {plain} bytes in all; the map, 4 B × k·K, "
        f"{extra} bytes in all; together {size} bytes.",
    )


def _wacv(context: ExplainContext) -> Text:
    wacv = cost_section(context.cost, "wacv")
    if wacv is None:
        return Text(
            "**`wacv` 口径**不适用于这个网络。",
            "**The `wacv` convention** doesn't apply to this network.",
        )
    size = show_count(wacv, "size_bytes")
    if "comparisons" not in wacv:
        multiplied = show_count(wacv, "multiplications")
        return Text(
            f"**`wacv` 口径**（论文对卷积网络所用，含每个像素两个浮点数）：{size} Bytes，{multiplied} 次乘加，"
            f"GOPs {show_gops(wacv)}。",
            f"**The `wacv` convention** (the paper's for convolutions, two floats a pixel of each map included): "
            f"{size} bytes, {multiplied} multiplications and as many additions, GOPs {show_gops(wacv)}.",
        )
    compared = show_count(wacv, "comparisons")
    return Text(
        f"**`wacv` 口径**（论文所用）：{size} Bytes，{compared} 次比较，GOPs {show_gops(wacv)}。",
        f"**The `wacv` convention** (the paper's): {size} bytes, {compared} comparisons, GOPs {show_gops(wacv)}.",
    )
