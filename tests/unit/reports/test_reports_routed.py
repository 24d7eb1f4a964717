"""Reports of a multiplication-free network say that it does not multiply, and show its one forward path."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from reports_fake_run import evaluation_object, metrics_line, write_run

from lbpnet.config import PRESETS
from lbpnet.cost import cost_report
from lbpnet.errors import RunError
from lbpnet.reports import explain, read_run, render_report, results_page

NAME = "routed_mnist"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder as a routed training leaves it, without arrays."""
    config = PRESETS[NAME]
    folder = write_run(tmp_path / "run", config, epochs=3, optional=False)
    lines = [metrics_line(config, epoch, 3) for epoch in range(3)]
    for line in lines:
        line |= {"alpha": [], "alive_per_stage": [], "alive_ratio": None, "phase": "soft", "guard": "off"}
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    record = evaluation_object(tuple("0123456789"), np.random.default_rng(3))
    record["integer"] = record.pop("hard_bn_recal")
    for path in ("train_path", "hard", "hard_rounded"):
        record.pop(path, None)
    (folder / "evaluation.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("lang", "says"), [("en", "never multiplies"), ("zh", "不做乘法")])
def test_the_explained_configuration_says_that_it_never_multiplies(lang: str, says: str) -> None:
    config = PRESETS[NAME]
    text = explain(config, NAME, lang=lang, cost=cost_report(config), results=None)  # pyright: ignore[reportArgumentType]
    assert says in text
    assert "= 2544" in text and "28×28, 1 → 1 + 39" in text
    assert "this network multiplies" not in text and "会做乘法" not in text


def test_the_page_shows_the_integer_path_alone(run: Path) -> None:
    results, cost = read_run(run), cost_report(PRESETS[NAME])
    explained = explain(results.config, NAME, lang="en", cost=cost, results=results)
    page = render_report(results, cost, explained)
    assert "integer forward pass" in page and "BN recalibration" not in page.split("Configuration")[0]
    assert "This network multiplies" not in page
    assert "multiplication-free" in page
    assert results.evaluation is not None and results.evaluation.primary == "integer"
    assert f"{100 * results.evaluation.paths['integer'].accuracy:.2f}%" in explained


def test_the_results_document_keeps_the_columns_of_each_family(run: Path, full_run: Path) -> None:
    routed, residual = read_run(run), read_run(full_run)
    header, _, row = results_page([("a", routed)]).split("| run |")[1].splitlines()[:3]
    assert header == " epochs | seed | integer forward pass |" and row.startswith("| `a` | 3 | 42 |")
    both = results_page([("a", routed), ("b", residual)]).split("| run |")[1].splitlines()[:4]
    assert both[0].count("|") == 7 and both[2].count(" - |") == 4 and both[3].endswith(" - |")


def test_temperatures_of_a_network_without_any_are_refused(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    lines[1]["alpha"] = [0.1]
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with pytest.raises(RunError, match="field 'alpha': expected 0 values"):
        read_run(run)


def test_a_run_without_evaluation_is_readable(run: Path) -> None:
    (run / "evaluation.json").unlink()
    results = read_run(run)
    assert results.offsets is None
    assert replace(results, evaluation=None) == results


@pytest.mark.parametrize(("end", "says"), [(None, "surrogate's width stays 0.3"), (0.05, "a cosine, 0.3 → 0.05")])
def test_the_course_of_the_surrogates_width_is_told(end: float | None, says: str) -> None:
    config = PRESETS[NAME]
    changed = replace(config, model=replace(config.model, routed=replace(config.model.routed, tau_end=end)))
    assert says in explain(changed, NAME, lang="en", cost=cost_report(changed), results=None)
