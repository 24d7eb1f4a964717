"""The zoo as a document: one table, then how each program was made."""

from __future__ import annotations

from collections.abc import Sequence

from .card import ZooCard, mean_and_spread, percent

_INTRODUCTION = """# The zoo

Written by `lbpnet zoo page`; every figure comes from a program's card (`src/lbpnet/zoo/NAME.json`), which
`lbpnet zoo add` fills from the runs and from `lbpnet cost`. Tests measure accuracy and cost again, `==`.

```sh
lbpnet zoo ls
lbpnet zoo show {name}
lbpnet predict zoo:{name} digit.png      # no torch, no training; zoo:NAME stands wherever a program does
```

Accuracy is on the whole test set, read once a run; the shipped seed is the best on validation images, or the first
where none were held out: that recipe was chosen before, on runs that did hold some out ([ablations](ablations.md)).
Spread is the standard deviation over seeds (n − 1). Bytes are the file as shipped; packed, its tables as plain bits and
trits. No program multiplies. Speed: through Python, one thread on one core of a shared machine, by `lbpnet zoo time`,
which measures them all in one run.
"""


def zoo_page(cards: Sequence[ZooCard]) -> str:
    """Return the Markdown document of cards."""
    lines = [
        _INTRODUCTION.format(name=cards[0].name),
        "| name | data | shipped | seeds | mean ± spread | bytes | packed | RAM | operations | gates | µs | images/s |",
        "|---" * 12 + "|",
    ]
    for card in cards:
        cost, speed = card.cost, card.speed
        cells = [
            f"`{card.name}`",
            card.data.name,
            percent(card.accuracy),
            str(len(card.runs)),
            mean_and_spread([run.test for run in card.runs]),
            *(
                f"{n:,}"
                for n in (cost.file_bytes, cost.packed_table_bytes, cost.ram_bytes, cost.operations, cost.gates)
            ),
            f"{speed.p50_us:.1f}",
            f"{speed.images_per_second:,.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *("\n".join(card_lines(card)) for card in cards)])


def card_lines(card: ZooCard) -> list[str]:
    """Return a card as Markdown lines."""
    data, cost, speed = card.data, card.cost, card.speed
    kinds = {"compare": "compares", "logic": "logic", "add": "additions", "shift": "shifts"}
    counted = ", ".join(f"{getattr(cost.operations_by_kind, kind):,} {word}" for kind, word in kinds.items())
    overrides = f" with {', '.join(f'`{override}`' for override in card.overrides)}" if card.overrides else ""
    rows = [
        f"| {run.seed}{' (shipped)' if run.seed == card.shipped_seed else ''} | {percent(run.validation)} | "
        f"{percent(run.test)} | {run.epochs} | {run.seconds / 60:.0f} | {run.commit} | {run.machine} | "
        f"`{run.command}` |"
        for run in card.runs
    ]
    return [
        f"## {card.name}",
        "",
        f"- data: {data.name} ({data.licence}): {data.train:,} training, {data.val:,} validation, {data.test:,} test "
        "images",
        f"- recipe: preset `{card.preset}`{overrides}; augmentation: {', '.join(card.augmentation) or 'none'}; "
        f"teacher: {card.teacher or 'none'}",
        f"- shipped: seed {card.shipped_seed}, {card.right:,} of {card.images:,} right",
        f"- operations: {counted}; {cost.gates:,} two-input gates unrolled",
        f"- speed: {speed.p50_us:.1f} µs an image (p99 {speed.p99_us:.1f}), {speed.images_per_second:,.0f} images/s in "
        f"batches of {speed.batch:,}; {speed.instruction_set}, {speed.machine}",
        f"- made by: `{card.command}` (commit {card.commit})",
        "",
        "| seed | validation | test | epochs | minutes | commit | machine | command |",
        "|---" * 8 + "|",
        *rows,
        "",
    ]
