"""The explained configuration: complete, live, bilingual and honest."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from reports_fake_run import COST

from lbpnet import PRESETS, RunConfig
from lbpnet.cost import cost_report
from lbpnet.errors import ConfigError
from lbpnet.reports import EXPLANATIONS, Lang, explain, read_run
from lbpnet.reports.config_leaves import config_leaves, show_value
from lbpnet.reports.explain_sections import SECTIONS

SEED = "paper_mnist_rp_full60k"
LANGS: tuple[Lang, ...] = ("zh", "en")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def write(config: RunConfig, lang: Lang, name: str = SEED) -> str:
    return explain(config, name, lang=lang, cost=COST, results=None)


def changed(config: Any, path: str, value: Any) -> Any:
    head, _, tail = path.partition(".")
    inner = changed(getattr(config, head), tail, value) if tail else value
    return dataclasses.replace(config, **{head: inner})


def other_value(path: str, value: Any) -> Any:
    if path == "training.schedule_epochs":
        return 150
    if value is None:
        return "/elsewhere" if path == "data.root" else 7
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return {"model.family": "routed", "model.blocks.fusion_type": "rp_linear"}.get(path, f"{value}x")
    if isinstance(value, tuple):
        return (*value[:-1], value[-1] + 1) if value else (1,)
    return value + 1


def test_the_table_explains_exactly_the_leaves_of_the_configuration() -> None:
    leaves = [path for path, _ in config_leaves(RunConfig())]
    assert len(leaves) > 90
    assert set(EXPLANATIONS) == set(leaves)


def test_each_leaf_stands_in_exactly_one_block() -> None:
    blocks = [block for section in SECTIONS for block in section.blocks]
    for path, _ in config_leaves(RunConfig()):
        assert sum(block.holds(path) for block in blocks) == 1, path


@pytest.mark.parametrize("path", EXPLANATIONS)
def test_each_explanation_is_written_in_both_languages_with_the_same_figures(path: str) -> None:
    text = EXPLANATIONS[path]
    assert re.search(r"[\u4e00-\u9fff]", text.zh)
    assert re.search(r"[A-Za-z]{3}", text.en)
    assert not re.search(r"[\u4e00-\u9fff]", text.en)
    assert sorted(NUMBER.findall(text.zh)) == sorted(NUMBER.findall(text.en))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", list(PRESETS))
def test_each_field_appears_with_its_live_value_and_its_explanation(name: str, lang: Lang) -> None:
    lines = write(PRESETS[name], lang, name).splitlines()
    blocks = [block for section in SECTIONS for block in section.blocks]
    for path, value in config_leaves(PRESETS[name]):
        block = next(b for b in blocks if b.holds(path))
        label = f"- **{block.shorten(path)}={show_value(value)}**"
        assert any(li.startswith(label) and li.endswith(EXPLANATIONS[path].of(lang)) for li in lines)


@pytest.mark.parametrize("path", EXPLANATIONS)
def test_changing_one_field_changes_the_text_and_is_named_as_a_change(path: str) -> None:
    config = PRESETS[SEED]
    old = dict(config_leaves(config))[path]
    new = other_value(path, old)
    text = write(changed(config, path, new), "en")
    assert text != write(config, "en")
    assert f"- `{path}`: {show_value(old)} → {show_value(new)}" in text


def both(name: str, results: Any = None) -> tuple[list[str], list[str]]:
    zh, en = (explain(PRESETS[name], name, lang=lang, cost=COST, results=results) for lang in LANGS)
    return zh.splitlines(), en.splitlines()


@pytest.mark.parametrize("name", list(PRESETS))
def test_both_languages_have_the_same_lines_and_the_same_numbers_in_each(name: str) -> None:
    zh, en = both(name)
    assert len(zh) == len(en)
    for left, right in zip(zh, en, strict=True):
        prefixes = [re.match(r"#* ?-? ?", line) for line in (left, right)]
        assert [p and p.group() for p in prefixes] == [prefixes[0] and prefixes[0].group()] * 2
        assert sorted(NUMBER.findall(left)) == sorted(NUMBER.findall(right)), (left, right)


def test_both_languages_report_the_same_results(full_run: Path) -> None:
    zh, en = both("paper_mnist_rp", read_run(full_run))
    assert [sorted(NUMBER.findall(a)) for a in zh] == [sorted(NUMBER.findall(a)) for a in en]


@pytest.mark.parametrize("lang", LANGS)
def test_the_sections_are_those_of_the_seed_document_in_its_order(lang: Lang) -> None:
    headings = re.findall(r"^## (.+)$", write(PRESETS[SEED], lang), flags=re.MULTILINE)
    assert headings == [section.title.of(lang) for section in SECTIONS]
    assert [section.key for section in SECTIONS] == [
        "results", "architecture", "training", "scheduling", "data", "cost", "cheat_sheet"
    ]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "fact",
    [
        "[39, 40, 80]", "n_bits_per_out=8", "k=8", "5,472", "384", "105,840 / 571,536 / 0",
        "0.000677", "29,037 + 2,544", "31,629", "train=60000, val=0, test=10000", "1.5 → 0.1",
        "3 → 0.9", "0.001 × 2 × 5 = 0.01", "8 + 4 = 12", "hidden=256", "start_epoch=260",
    ],
)  # fmt: skip
def test_the_seed_preset_states_the_seed_documents_facts(lang: Lang, fact: str) -> None:
    assert fact in write(PRESETS[SEED], lang)


def test_the_text_says_that_the_network_multiplies() -> None:
    assert "会做乘法" in write(PRESETS[SEED], "zh")
    assert "this network multiplies" in write(PRESETS[SEED], "en")


def test_the_explicit_gate_freezing_wins_and_without_it_the_sum_counts() -> None:
    config = PRESETS[SEED]
    assert "they disagree" in write(config, "en")
    assert "explicit total 10 wins" in write(config, "en")
    summed = write(changed(config, "freeze_schedule.freeze_gate_epochs", None), "en")
    assert "8 + 4 = 12 epochs (no explicit total)" in summed


def test_epoch_numbers_scale_with_the_schedule_rounded_down() -> None:
    soft = changed(PRESETS[SEED], "model.blocks.rp_config.use_ste", False)
    text = write(changed(soft, "training.epochs", 100), "en")
    assert "100 / 300" in text
    assert "`freeze_schedule.freeze_offsets_epochs`: 8 → 2" in text
    assert "`hard_finetune.start_epoch`: 260 → 86" in text
    assert "hard from epoch 86 on" in text
    assert "`training.warmup_epochs`: 5 → 1.66667" in text
    assert "`freeze_schedule.freeze_gate_epochs`: 10 → 3" in text


def test_the_seed_convention_is_said_to_be_undefined_where_it_is() -> None:
    config, cost = PRESETS["paper_mnist_1x1"], {**COST, "seed": None}
    text = explain(config, "paper_mnist_1x1", lang="en", cost=cost, results=None)
    assert text.count("defined for the `rp_paper` fusion alone") == 2
    assert "?" not in text


def test_bits_and_gates_are_said_to_be_hard_or_soft_by_use_ste_and_hardening() -> None:
    config = changed(PRESETS[SEED], "hard_finetune.enable", False)
    assert write(config, "en").count("hard throughout (`use_ste`)") == 2
    assert "only inference is hard" not in write(config, "en")
    soft = write(changed(config, "model.blocks.rp_config.use_ste", False), "en")
    assert "hard throughout" not in soft
    assert soft.count("only inference is hard") == 2


def test_the_monitored_accuracy_depends_on_the_validation_images() -> None:
    assert "so it is the training accuracy" in write(PRESETS[SEED], "en")
    held = write(PRESETS["paper_mnist_rp"], "en", "paper_mnist_rp")
    assert "validation accuracy on 9000 images" in held


def test_a_convolution_has_no_gates_to_speak_of() -> None:
    text = write(PRESETS["paper_mnist_1x1"], "en", "paper_mnist_1x1")
    assert "no gates" in text
    assert "**Forward, gates**" not in text


def test_results_are_absent_before_training_and_told_after_it(full_run: Path) -> None:
    before = write(PRESETS["paper_mnist_rp"], "en")
    assert "not trained yet" in before
    assert "not evaluated yet" in before
    name, results = "paper_mnist_rp", read_run(full_run)
    after = explain(PRESETS[name], name, lang="en", cost=COST, results=results)
    assert results.evaluation is not None
    accuracy = results.evaluation.paths["hard_bn_recal"].accuracy
    assert f"hard path + BN recalibration**: {100 * accuracy:.2f}% (n=10000)" in after


def test_an_unknown_cost_prints_a_question_mark() -> None:
    text = explain(PRESETS[SEED], SEED, lang="en", cost={}, results=None)
    assert "(cmp/add/mul)**: ? / ? / ?" in text


def test_another_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="'zh' or 'en'"):
        explain(RunConfig(), "x", lang="fr", cost=COST, results=None)  # pyright: ignore[reportArgumentType]


def test_a_field_without_an_explanation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(EXPLANATIONS, "training.lr")
    with pytest.raises(ConfigError, match=r"training\.lr"):
        write(RunConfig(), "en")


def test_a_program_is_counted_in_the_explained_configuration_in_both_languages() -> None:
    config = PRESETS["routed_mnist"]
    cost = cost_report(config)
    figures = {"stored_bytes": 7_281, "table_bytes": 5_896, "ram_bytes": 93_688, "gates": 8_161_995}
    program = {**figures, "ops": {"compare": 439_049, "multiply": 0}}
    for lang in LANGS:
        known = explain(config, "routed_mnist", lang=lang, cost={**cost, "whole": program}, results=None)
        unknown = explain(config, "routed_mnist", lang=lang, cost={**cost, "whole": None}, results=None)
        for text in ("7,281", "5,896", "93,688", "8,161,995", "compare 439,049, multiply 0"):
            assert text in known and text not in unknown
