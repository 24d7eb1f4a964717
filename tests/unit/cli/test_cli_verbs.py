"""The command line: what each verb prints, how it fails, and that help does not wait for torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lbpnet import __version__
from lbpnet.cli.main import VERBS, main
from lbpnet.cli.show import flatten
from lbpnet.config import PRESETS, RunConfig, from_dict, load_config, save_config
from lbpnet.cost import cost_report


class Ran:
    """Exit status and the two outputs of a command."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


class Command:
    """Runs `lbpnet` in this process; an exit by the argument parser counts as its status."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *argv: str) -> Ran:
        try:
            status = main(list(argv))
        except SystemExit as stop:
            assert isinstance(stop.code, int)
            status = stop.code
        captured = self.capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    def json(self, *argv: str) -> Any:
        """Return what the command printed as JSON."""
        ran = self(*argv)
        assert ran.status == 0
        assert ran.err == ""
        return json.loads(ran.out)


@pytest.fixture
def lbpnet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """The command, in an empty folder, on a narrow terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    return Command(capsys)


def test_help_lists_every_verb_with_an_example(lbpnet: Command) -> None:
    for flag in ("--help", "-h"):
        ran = lbpnet(flag)
        assert ran.status == 0
        assert ran.err == ""
        assert all(f"  {verb} " in ran.out for verb in VERBS)
        assert "lbpnet train mnist_quick" in ran.out
    nothing = lbpnet()
    assert (nothing.status, nothing.out) == (2, ran.out)


def test_every_verb_explains_itself_with_an_example(lbpnet: Command) -> None:
    ran = 0
    for verb in VERBS:
        shown = lbpnet(verb, "--help")
        assert shown.status == 0
        assert shown.out.startswith(f"usage: lbpnet {verb}")
        assert "Example:" in shown.out
        ran += 1
    assert ran == len(VERBS) == 18


def test_the_version_is_printed(lbpnet: Command) -> None:
    ran = lbpnet("--version")
    assert (ran.status, ran.out) == (0, f"lbpnet {__version__}\n")


def test_an_unknown_verb_suggests_the_nearest(lbpnet: Command) -> None:
    for wrong, right in (("cots", "cost"), ("explian", "explain"), ("trian", "train"), ("evaluate", "eval")):
        ran = lbpnet(wrong)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == f"lbpnet: no verb '{wrong}'; did you mean '{right}'?\n"


def test_ls_names_every_preset(lbpnet: Command) -> None:
    rows = lbpnet.json("ls", "--json")
    assert [row["name"] for row in rows] == list(PRESETS)
    assert all(set(row) == {"name", "title", "source"} for row in rows)
    shown = lbpnet("ls")
    assert shown.status == 0
    assert all(name in shown.out for name in PRESETS)
    assert "39-40-80" in shown.out
    (tiny,) = (line for line in shown.out.splitlines() if line.startswith("wacv_icdar"))
    assert tiny.split()[:4] == ["wacv_icdar", "3-4", "-", "20"]


def test_show_prints_json_that_is_the_preset_again(lbpnet: Command, tmp_path: Path) -> None:
    ran = 0
    for name, config in PRESETS.items():
        printed = lbpnet("show", name, "--json")
        assert from_dict(RunConfig, json.loads(printed.out)) == config
        file = tmp_path / f"{name}_copy.json"
        file.write_text(printed.out, encoding="utf-8")
        assert load_config(file) == config
        assert lbpnet("show", str(file), "--json").out == printed.out
        ran += 1
    assert ran == 20


def test_show_lists_every_field_under_its_option_name(lbpnet: Command) -> None:
    shown = lbpnet("show", "mnist_quick")
    assert shown.status == 0
    names = flatten(lbpnet.json("show", "mnist_quick", "--json"))
    assert len(names) > 100
    listed = {line.split()[0] for line in shown.out.splitlines() if line and not line[0].isspace()}
    assert set(names) <= listed


def test_cost_prints_the_published_figures_of_both_seed_presets(lbpnet: Command) -> None:
    wanted = {
        "paper_mnist_rp_full60k": {
            "size_bytes": 5472,
            "size_bytes_without_map": 384,
            "cmp": 105840,
            "add": 571536,
            "mul": 0,
            "gops": 0.000677376,
        },
        "paper_mnist_rp_full60k_k4": {
            "size_bytes": 2928,
            "size_bytes_without_map": 384,
            "cmp": 105840,
            "add": 261072,
            "mul": 0,
            "gops": 0.000366912,
        },
    }
    for name, figures in wanted.items():
        report = lbpnet.json("cost", name, "--json")
        assert report == cost_report(PRESETS[name])
        assert set(report) == {"seed", "wacv", "whole", "parameters"}
        assert report["seed"] == pytest.approx(figures)
        assert report["whole"]["parameters"] == report["parameters"]["trainable"] == 29_196
        assert report["parameters"]["alive"] == 29_037
        assert report["parameters"]["reconciled_total"] == 31_629


def test_cost_counts_a_preset_with_fields_changed_but_no_run(lbpnet: Command, tmp_path: Path) -> None:
    changed = lbpnet.json("cost", "paper_mnist_rp_full60k", "--model.blocks.rp-config.n-bits-per-out", "4", "--json")
    assert changed == lbpnet.json("cost", "paper_mnist_rp_full60k_k4", "--json")
    assert changed != lbpnet.json("cost", "paper_mnist_rp_full60k", "--json")
    (tmp_path / "run").mkdir()
    save_config(PRESETS["mnist_quick"], tmp_path / "run" / "config.json")
    refused = lbpnet("cost", "run", "--model.lbp-layer.window", "5")
    assert (refused.status, refused.out) == (1, "")
    assert "run is a trained run: its fields cannot be changed, drop --model.lbp-layer.window 5" in refused.err


def test_cost_shows_the_figures_says_that_it_multiplies_and_marks_the_unknown(
    lbpnet: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = lbpnet("cost", "paper_mnist_rp_full60k")
    assert shown.status == 0
    for text in ("5,472", "without the map: 384", "105,840", "571,536", "0.000677", "29,196", "31,629", "2,544", "48"):
        assert text in shown.out
    assert "multiplies: bilinear samples, 1x1 residuals, BatchNorm, head" in shown.out
    unknown = lbpnet("cost", "paper_mnist_1x1")
    assert unknown.status == 0
    assert sum(line.split().count("?") == 2 for line in unknown.out.splitlines()) == 5


@pytest.mark.parametrize(("lang", "heading"), [("en", "Architecture"), ("zh", "模型结构")])
def test_explain_writes_a_preset_in_both_languages(lbpnet: Command, tmp_path: Path, lang: str, heading: str) -> None:
    ran = 0
    for name in PRESETS:
        shown = lbpnet("explain", name, "--lang", lang)
        assert shown.status == 0
        assert shown.out.startswith(f"# {name}")
        assert heading in shown.out
        file = tmp_path / "explained.md"
        written = lbpnet("explain", name, "--lang", lang, "--out", str(file))
        assert (written.status, written.out) == (0, "")
        assert file.read_text(encoding="utf-8") == shown.out
        ran += 1
    assert ran == 20


def test_a_wrong_option_names_the_nearest_and_exits_with_2(lbpnet: Command) -> None:
    for argv, nearest in (
        (("show", "mnist_quick", "--jsno"), "--json"),
        (("cost", "mnist_quick", "--jso"), "--json"),
        (("cost", "mnist_quick", "--model.lbp-layer.windw", "3"), "--model.lbp-layer.window"),
        (("explain", "mnist_quick", "--land", "zh"), "--lang"),
        (("train", "mnist_quick", "--training.epoch", "3"), "--training.epochs"),
        (("train", "mnist_quick", "--model.lbp-layer.windw", "3"), "--model.lbp-layer.window"),
    ):
        ran = lbpnet(*argv)
        assert ran.status == 2, argv
        assert ran.out == ""
        assert nearest in ran.err.split("Perhaps you meant")[1], argv


def test_a_wrong_choice_or_a_missing_argument_exits_with_2(lbpnet: Command) -> None:
    for argv in (
        ("explain", "mnist_quick", "--lang", "fr"),
        ("cost",),
        ("show",),
        ("train", "mnist_quick", "--seed", "x"),
    ):
        ran = lbpnet(*argv)
        assert (ran.status, ran.out) == (2, ""), argv
        assert ran.err


def test_our_errors_are_one_line_without_a_traceback_and_exit_with_1(lbpnet: Command, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"data": {"image_size": 3}}', encoding="utf-8")
    ran = 0
    for argv, message in (
        (("cost", "mnist_quik"), "'mnist_quik' is neither a preset nor a run folder; did you mean 'mnist_quick'?"),
        (("show", "no[bold]where"), "'no[bold]where' is neither a preset nor a run folder"),
        (("explain", "absent.json"), "configuration file not found: absent.json"),
        (("cost", "mnist_quick", "--model.lbp-layer.window", "4"), "model.lbp_layer.window: expected an odd number"),
        (("cost", "zoo:mnist-1k", "--model.routed.points", "3"), "zoo:mnist-1k is a program: its fields cannot be"),
        (("cost", str(broken)), "model.blocks.downsample_at: expected at most 1 halvings of a 3x3 image"),
        (("train",), "name a preset"),
        (("train", "mnist_quik"), "no preset named 'mnist_quik'; did you mean 'mnist_quick'?"),
        (("train", "mnist_quick", "--resume"), "--resume: expected a path after it"),
        (("train", "mnist_quick", "--resume", "runs/a"), "drop mnist_quick"),
        (("train", "mnist_quick", "--model.lbp-layer.window", "4"), "model.lbp_layer.window: expected an odd number"),
        (("eval", "nowhere"), "nowhere"),
        (("report", "nowhere"), "nowhere"),
    ):
        shown = lbpnet(*argv)
        assert (shown.status, shown.out) == (1, ""), argv
        assert shown.err.startswith("lbpnet: ")
        assert message in shown.err, argv
        assert "Traceback" not in shown.err
        assert shown.err.count("\n") == 1
        ran += 1
    assert ran == 13
    assert list(tmp_path.iterdir()) == [broken]


def test_a_configuration_file_is_a_target_like_a_preset(lbpnet: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    save_config(PRESETS["paper_mnist_1x1"], file)
    assert lbpnet.json("cost", str(file), "--json") == cost_report(PRESETS["paper_mnist_1x1"])
    assert lbpnet("explain", str(file)).out.startswith("# mine")


def test_a_missing_package_names_the_extra_to_install(lbpnet: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str, _package: str | None = None) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr("lbpnet.cli.main.import_module", missing)
    ran = lbpnet("train", "mnist_quick")
    assert ran.status == 1
    assert ran.err == "lbpnet: `lbpnet train` needs the package 'torch'; install with: pip install 'lbpnet[train]'\n"


def test_an_interrupt_exits_with_130(lbpnet: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_name: str, _package: str | None = None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lbpnet.cli.main.import_module", interrupted)
    ran = lbpnet("ls")
    assert (ran.status, ran.err) == (130, "lbpnet: interrupted\n")


def test_verbs_that_need_no_torch_never_import_it() -> None:
    script = """
import sys
from lbpnet.cli.main import main
verbs = (["--help"], ["ls"], ["show", "mnist_quick"], ["cost", "mnist_quick"], ["explain", "mnist_quick"])
for argv in verbs:
    assert main(argv) == 0, argv
    print(argv[0], "torch" in sys.modules, file=sys.stderr)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stderr.splitlines() == [f"{verb} False" for verb in ("--help", "ls", "show", "cost", "explain")]


def test_the_package_runs_as_a_module() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "lbpnet", "cots"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "did you mean 'cost'?" in ran.stderr


def test_openmp_threads_sleep_while_they_wait_unless_told_otherwise(
    lbpnet: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would hold the cores that the kernels' threads need."""
    for told, expected in ((None, "passive"), ("active", "active")):
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
        if told is not None:
            monkeypatch.setenv("OMP_WAIT_POLICY", told)
        assert lbpnet("ls").status == 0
        assert os.environ["OMP_WAIT_POLICY"] == expected
