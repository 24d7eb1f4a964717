"""Networks side by side: each figure says what it counts, unknown is `?`, and the figure is always the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lbpnet.cli.main import main
from lbpnet.cli.pareto import our_networks
from lbpnet.errors import RunError
from lbpnet.program.locate import zoo_names
from lbpnet.reports.ablations_page import ablations_page
from lbpnet.reports.networks import Network, network_of_runs, published_networks
from lbpnet.reports.pareto_figure import pareto_figure
from lbpnet.reports.pareto_page import pareto_page
from lbpnet.reports.run_lines import RunLine, by_recipe, merge_lines

ROOT = Path(__file__).resolve().parents[3]
LINE = RunLine(
    data="mnist",
    preset="routed_mnist",
    overrides=(),
    teacher=None,
    seed=1,
    epochs=5,
    epochs_planned=5,
    seconds=10.0,
    validation=0.97,
    test=0.96,
    file_bytes=1000,
    table_bytes=900,
    operations=5000,
    gates=70_000,
    multiplies=False,
    commit="abc",
    command="lbpnet train routed_mnist",
    machine="?",
)


def test_every_published_figure_says_what_it_counts_and_where_it_stands() -> None:
    networks = published_networks()
    for network in networks:
        assert not network.ours
        assert network.evidence in ("paper", "repository", "third party", "abstract", "derived")
        assert network.source
        assert 50 < network.accuracy < 100
        for value, counts in (
            (network.bytes, network.bytes_of),
            (network.operations, network.operations_of),
            (network.gates, network.gates_of),
            (network.latency_us, network.latency_of),
        ):
            assert value is None or (value > 0 and counts), network.name
    assert len({(network.name, network.data) for network in networks}) == len(networks) == 43


def test_an_unknown_figure_is_a_question_mark_and_its_accounting_is_kept() -> None:
    networks = [
        Network("theirs", "mnist", 97.5, "somewhere", gates=1500, gates_of="logic only", evidence="third party"),
        Network("ours", "mnist", 98.0, "3 seeds", spread=0.1, bytes=715.5, bytes_of="whole", multiplies=True),
    ]
    page = pareto_page(networks, {"mnist": "p.svg"})
    assert "| theirs | 97.5 % | ? | ? | 1,500 (logic only) | ? | no | somewhere (third party) |" in page
    assert "| **ours** | 98.00 ± 0.10 % | 715.5 (whole) | ? | ? | ? | yes | 3 seeds |" in page
    assert page.index("**ours**") < page.index("theirs |")


def test_runs_of_one_recipe_are_one_network_of_their_mean() -> None:
    lines = [LINE, replace(LINE, seed=2, test=0.98, file_bytes=1010), replace(LINE, seed=3, test=None)]
    network = network_of_runs("a", lines)
    assert network is not None
    assert (network.accuracy, network.bytes, network.source) == (pytest.approx(97.0), 1005, "2 seed(s)")
    assert network.spread == pytest.approx(2**0.5)
    assert network_of_runs("a", lines[2:]) is None
    assert [len(group) for group in by_recipe([*lines, replace(LINE, overrides=("x=1",))])] == [3, 1]


def test_a_new_line_replaces_its_own_and_no_ended_run_by_one_that_has_not() -> None:
    better, stopped = replace(LINE, test=0.99), replace(LINE, test=None, epochs=2)
    assert merge_lines([LINE], [better]) == (better,)
    assert merge_lines([LINE], [stopped]) == (LINE,)
    assert merge_lines([stopped], [LINE]) == (LINE,)
    assert merge_lines([LINE], [replace(LINE, seed=2)]) == (LINE, replace(LINE, seed=2))
    elsewhere = replace(LINE, machine="another")
    assert merge_lines([LINE], [elsewhere]) == (LINE, elsewhere)
    assert "| **1 only**, 2 runs |" in ablations_page([LINE, elsewhere])
    with pytest.raises(RunError, match="two runs of seed 1 of routed_mnist"):
        merge_lines([], [LINE, better])


def test_the_figure_is_svg_of_every_network_and_always_the_same() -> None:
    networks = [*our_networks(()), *published_networks()]
    text = pareto_figure(networks, "mnist")
    assert text == pareto_figure(networks, "mnist")
    shown = "".join(ElementTree.fromstring(text).itertext())
    for network in networks:
        if network.data == "mnist" and (network.bytes or network.operations or network.gates or network.latency_us):
            assert network.name in shown


def test_the_command_writes_the_page_and_its_figures(tmp_path: Path) -> None:
    out = tmp_path / "p.md"
    assert main(["pareto", "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"p.md", "p-mnist.svg", "p-fashion_mnist.svg"}
    assert all(f"| **zoo:{name}** |" in page for name in zoo_names())
    assert all(f"| {network.name} |" in page for network in published_networks())
    # Every line of a published or shipped network in the repository's document is up to date.
    kept = (ROOT / "docs" / "pareto.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in page.splitlines() if line.startswith("| ") and line not in kept] == []
