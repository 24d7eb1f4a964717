"""The report page: one file, deterministic, escaped, complete with and without optional parts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from reports_fake_run import COST, metrics_line, write_run

from lbpnet import PRESETS
from lbpnet.reports import explain, read_run, render_report

TITLES = [
    "Result", "Training", "Learned offsets", "Confusion matrix", "Accuracy per class",
    "Misclassified images", "Cost", "Configuration", "Environment",
]  # fmt: skip
VOID = {"meta", "img", "br", "path", "use"}


def page(folder: Path, name: str = "paper_mnist_rp") -> str:
    results = read_run(folder)
    explained = explain(results.config, name, lang="en", cost=COST, results=results)
    return render_report(results, COST, explained)


class Outline(HTMLParser):
    """Collects ids and addresses, and checks that elements are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href", "srcset", "data", "poster"):
                self.addresses.append(value or "")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.stack.pop() == tag


def outline(text: str) -> Outline:
    result = Outline()
    result.feed(text)
    return result


def test_the_page_refers_to_nothing_outside_itself(full_run: Path) -> None:
    text = page(full_run)
    found = outline(text)
    assert found.addresses
    assert all(a.startswith(("data:image/png;base64,", "#")) for a in found.addresses)
    assert not found.tags & {"script", "link", "iframe", "object", "embed", "base", "form"}
    assert "http://" not in text
    assert "https://" not in text
    assert "@import" not in text
    assert all(inner.startswith("#") for inner in re.findall(r"url\((.*?)\)", text))


def test_elements_close_in_order_and_ids_are_unique(full_run: Path) -> None:
    found = outline(page(full_run))
    assert found.stack == []
    assert len(found.ids) == len(set(found.ids))


def test_references_inside_the_figures_find_their_targets(full_run: Path) -> None:
    text = page(full_run)
    ids = set(outline(text).ids)
    wanted = set(re.findall(r"url\(#([^)]+)\)", text))
    wanted |= set(re.findall(r'href="#([^"]+)"', text))
    assert wanted
    assert wanted <= ids


def test_two_renders_are_equal_byte_for_byte(full_run: Path) -> None:
    assert page(full_run) == page(full_run)


def test_a_second_process_renders_the_same_bytes(full_run: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; "
        "from test_reports_page import page; "
        "sys.stdout.buffer.write(page(Path(sys.argv[1])).encode())"
    )
    command = [sys.executable, "-c", code, str(full_run), str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.decode() == page(full_run)


def test_no_placeholder_colour_is_left(full_run: Path) -> None:
    text = page(full_run)
    assert not re.search(r"#0[1-4a]0[1-5b]0[1-6]", text)
    assert "var(--s1)" in text
    assert "#ffffff" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_every_section_is_there_with_optional_files(full_run: Path) -> None:
    text = page(full_run)
    assert re.findall(r"<h2>(.+?)</h2>", text) == TITLES
    assert "Not evaluated yet" not in text
    assert text.count("<svg viewBox=") == 5 + 3 * 2
    assert text.count("data:image/png;base64,") == 60


def test_every_section_is_there_without_optional_files_and_says_so(bare_run: Path) -> None:
    text = page(bare_run, "paper_mnist_rp_full60k")
    assert re.findall(r"<h2>(.+?)</h2>", text) == TITLES
    for sentence in (
        "Not evaluated yet", "holds no checkpoint to draw them from", "holds no misclassified.npz",
        "there is no confusion matrix", "No hard phase was reached",
    ):  # fmt: skip
        assert sentence in text
    assert "Monitored was the training accuracy" in text


def test_class_names_are_escaped_everywhere(tmp_path: Path) -> None:
    classes = ("<b>", "T恤", "a & b", '"quoted"', "$x_1$", "</style>", "6", "7", "8", "9")
    folder = write_run(tmp_path / "names", PRESETS["mnist_quick"], epochs=3, classes=classes)
    text = page(folder, "mnist_quick")
    found = outline(text)
    assert found.stack == []
    assert "&lt;b&gt;" in text
    assert "<b>→" not in text
    assert '>"quoted"<' not in text
    assert text.count("</style>") == 1


def test_environment_text_and_folder_name_are_escaped(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "<i>run & co", PRESETS["mnist_quick"], epochs=2)
    (folder / "environment.json").write_text('{"<script>": ["<img>", null]}', encoding="utf-8")
    text = page(folder, "<u>")
    assert not outline(text).tags & {"script", "u"}
    assert "&lt;i&gt;run &amp; co" in text


def test_every_setting_is_in_the_page(full_run: Path) -> None:
    text = page(full_run)
    assert "<b>lr_mult.gates=2.0</b>" in text
    assert "<b>bn_recal_batches=200</b>" in text
    assert text.index('<details class="explained">') < text.index("<b>epochs=300</b>")


def test_the_headline_gives_each_path_with_its_n(full_run: Path) -> None:
    text = page(full_run)
    results = read_run(full_run)
    assert results.evaluation is not None
    for result in results.evaluation.paths.values():
        assert f'<span class="figure">{100 * result.accuracy:.2f}%</span>' in text
    assert text.count("n = 10,000") == 4


def test_the_conventions_are_labelled_and_the_parameters_reconciled(full_run: Path) -> None:
    text = page(full_run)
    for label in ("seed", "wacv", "whole"):
        assert f'<th scope="row">{label}</th>' in text
    for figure in ("29,037", "2,544", "31,629", "cmp 105,840, add 571,536, mul 0"):
        assert figure in text


def test_a_network_without_gates_has_no_figure_of_open_gates(tmp_path: Path) -> None:
    config = PRESETS["paper_mnist_1x1"]
    folder = write_run(tmp_path / "plain", config, epochs=3, optional=False)
    lines = []
    for epoch in range(3):
        line = metrics_line(config, epoch, 3)
        line.update({"alive_ratio": None, "alive_per_stage": [], "train_loss": float("nan")})
        lines.append(json.dumps(line))
    (folder / "metrics.jsonl").write_text("\n".join(lines), encoding="utf-8")
    text = page(folder, "paper_mnist_1x1")
    assert "has no gates" in text
    assert "Share of open gates" not in text


@pytest.mark.parametrize("module", ["torch", "matplotlib", "PIL"])
def test_importing_reports_does_not_import(module: str) -> None:
    code = f"import sys, lbpnet.reports; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_rendering_does_not_import_torch_or_pyplot(full_run: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; "
        "from test_reports_page import page; page(Path(sys.argv[1])); "
        "sys.exit(bool({'torch', 'matplotlib.pyplot'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(full_run), str(Path(__file__).parent)]
    assert subprocess.run(command, check=False).returncode == 0
