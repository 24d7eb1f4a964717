"""The zoo: what ships is what its cards say, works without torch, and is made from runs alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lbpnet
from lbpnet.cli.main import main
from lbpnet.config import (
    DataConfig,
    DeviceConfig,
    FreezeScheduleConfig,
    HeadConfig,
    IntegerHeadConfig,
    ModelConfig,
    RoutedConfig,
    RunConfig,
    TrainingConfig,
    save_config,
)
from lbpnet.data.load import load_dataset
from lbpnet.program import load_program, to_bytes
from lbpnet.program.locate import FOLDER, zoo_names
from lbpnet.zoo import card_cost, read_card, zoo_page

NAMES = zoo_names()
ROOT = Path(__file__).resolve().parents[2]
# The command line where only `pip install lbpnet` was run.
WITHOUT_TRAINING = """
import sys
class Missing:
    def find_spec(self, name, *_):
        if name.split(".")[0] in ("torch", "safetensors", "lightning", "lightning_fabric", "matplotlib", "scipy"):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
sys.meta_path.insert(0, Missing())
from lbpnet.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def test_every_program_has_a_card_and_every_card_a_program() -> None:
    assert NAMES
    assert {path.name for path in FOLDER.iterdir() if path.suffix != ".py" and path.is_file()} == {
        f"{name}.{suffix}" for name in NAMES for suffix in ("json", "lbp")
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_program_gives_as_many_right_answers_on_the_whole_test_set_as_its_card_says(name: str) -> None:
    card, classifier = read_card(FOLDER / f"{name}.json"), lbpnet.load(f"zoo:{name}")
    first = classifier.program.input
    dataset = load_dataset(
        DataConfig(dataset=card.data.name, image_size=(first.height, first.width), in_channels=first.channels)
    )
    right = int(np.count_nonzero(classifier.predict(dataset.test.images) == dataset.test.labels))
    assert (right, len(dataset.test)) == (card.right, card.images)


@pytest.mark.parametrize("name", NAMES)
def test_the_figures_of_a_card_are_those_that_are_counted(name: str) -> None:
    card, program = read_card(FOLDER / f"{name}.json"), load_program(FOLDER / f"{name}.lbp")
    assert card.name == name
    assert card.cost == card_cost(program)
    assert (FOLDER / f"{name}.lbp").read_bytes() == to_bytes(program)
    assert card.cost.file_bytes == (FOLDER / f"{name}.lbp").stat().st_size
    shipped = max(card.runs, key=lambda run: run.validation or 0.0)
    assert {run.validation is None for run in card.runs} == {card.data.val == 0}
    assert card.shipped_seed == shipped.seed
    assert round(shipped.test * card.images) == card.right
    assert card.images == card.data.test
    assert len(card.runs) >= 3


def test_the_document_is_that_of_the_cards() -> None:
    text = zoo_page([read_card(FOLDER / f"{name}.json") for name in NAMES])
    assert (ROOT / "docs" / "zoo.md").read_text(encoding="utf-8") == text


def test_a_shipped_program_classifies_a_picture_where_there_is_no_torch(tmp_path: Path) -> None:
    name = next(name for name in NAMES if read_card(FOLDER / f"{name}.json").data.name == "mnist")
    digits = load_dataset(DataConfig(dataset="embedded"))
    Image.fromarray(digits.test.images[0, 0]).save(tmp_path / "digit.png")
    for argv, expected in (
        (["predict", f"zoo:{name}", "digit.png"], f"digit.png\t{digits.test.labels[0]}\n"),
        (["zoo", "ls"], f"zoo:{name}"),
        (["zoo", "show", name], f"{name}"),
    ):
        command = [sys.executable, "-c", WITHOUT_TRAINING, *argv]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert expected in done.stdout


def test_a_name_of_the_zoo_stands_wherever_a_program_does(capsys: pytest.CaptureFixture[str]) -> None:
    name = f"zoo:{NAMES[0]}"
    ran = 0
    for argv in (["show", name], ["cost", name], ["cost", name, "--json"]):
        assert main(argv) == 0
        assert capsys.readouterr().out
        ran += 1
    assert main(["show", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == NAMES[0]
    for argv in (["show", "zoo:mnist"], ["predict", "zoo:mnist", "x.png"], ["zoo", "show", "mnist"]):
        assert main(argv) == 1
        assert "zoo:mnist: no such program in the zoo; did you mean 'zoo:" in capsys.readouterr().err
        ran += 1
    assert ran == 6


Train = Callable[..., Path]


@pytest.fixture(scope="module")
def train(stripes: Path, tmp_path_factory: pytest.TempPathFactory) -> Train:
    """Trains a tiny run of a seed."""
    root = tmp_path_factory.mktemp("runs")
    config = RunConfig(
        model=ModelConfig(
            family="routed",
            routed=RoutedConfig((4, 5), head=IntegerHeadConfig(pool=2)),
            classification_head=HeadConfig(num_classes=3),
        ),
        data=DataConfig(dataset="npz", root=str(stripes), image_size=8, num_workers=0, val_size=24),
        training=TrainingConfig(epochs=1, batch_size=16, lr=0.01, warmup_epochs=0.5),
        freeze_schedule=replace(FreezeScheduleConfig(), freeze_offsets_epochs=0),
        device=DeviceConfig(threads=1),
    )

    def run(seed: int, *, epochs: int = 1, held_out: int = 24) -> Path:
        path = root / f"stripes_{seed}_{epochs}_{held_out}"
        if not path.exists():
            changed = replace(
                config,
                seed=seed,
                training=replace(config.training, epochs=epochs),
                data=replace(config.data, val_size=held_out),
            )
            save_config(changed, root / "stripes.json")
            assert main(["train", "--config", str(root / "stripes.json"), "--out", str(path)]) == 0
        return path

    return run


def test_the_run_that_is_best_on_validation_images_is_shipped_with_its_figures(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [train(seed) for seed in (1, 2, 3)]
    options = ["--name", "stripes-1k", "--seconds", "0.01", "--folder", str(tmp_path)]
    assert main(["zoo", "add", *map(str, runs), *options]) == 0
    assert "3 seed(s): test " in capsys.readouterr().out
    card, classifier = read_card(tmp_path / "stripes-1k.json"), lbpnet.load(tmp_path / "stripes-1k.lbp")
    validation = {}
    for run in card.runs:
        folder = train(run.seed)
        evaluation = json.loads((folder / "evaluation.json").read_text())
        metrics = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        assert run.test == evaluation["integer"]["accuracy"]
        assert "--out" not in run.command
        validation[run.seed] = metrics[evaluation["epoch"]]["val_accuracy"]
    assert {run.seed: run.validation for run in card.runs} == validation
    assert card.shipped_seed == max(validation, key=lambda seed: validation[seed])
    assert card.accuracy == next(run.test for run in card.runs if run.seed == card.shipped_seed)
    assert card.cost == card_cost(classifier.program)
    assert "training.epochs=1" in card.overrides
    assert not any(override.startswith(("seed", "device")) for override in card.overrides)
    assert card.spread == pytest.approx(np.std([run.test for run in card.runs], ddof=1))


def test_of_runs_that_held_no_images_out_the_first_is_shipped(train: Train, tmp_path: Path) -> None:
    runs = [train(seed, held_out=0) for seed in (4, 3)]
    assert (
        main(["zoo", "add", *map(str, runs), "--name", "stripes-1k", "--seconds", "0.01", "--folder", str(tmp_path)])
        == 0
    )
    card = read_card(tmp_path / "stripes-1k.json")
    assert [run.validation for run in card.runs] == [None, None]
    assert (card.shipped_seed, card.data.val) == (4, 0)
    assert "| 4 (shipped) | - |" in zoo_page([card])


def test_runs_that_cannot_stand_beside_each_other_are_refused(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = [
        ([train(1), train(1)], "x", "expected one run a seed, got the seeds 1, 1"),
        ([train(1), train(2, epochs=2)], "x", "but for the seed, got another training.epochs"),
        ([train(1), train(4, held_out=0)], "x", "but for the seed, got another data.val_size"),
        ([train(1)], "MNIST 9k", "expected lower-case words"),
        ([], "x", "expected at least one run folder"),
    ]
    for runs, name, message in cases:
        options = ["--name", name, "--folder", str(tmp_path)]
        assert main(["zoo", "add", *map(str, runs), *options]) == 1
        assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_run_whose_evaluation_is_not_its_programs_is_refused(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = train(5) / "evaluation.json"
    record = json.loads(file.read_text())
    matrix = np.array(record["integer"]["confusion"])
    row = int(np.argmax(np.diag(matrix)))
    matrix[row, row] -= 1
    matrix[row, (row + 1) % 3] += 1
    record["integer"]["confusion"] = matrix.tolist()
    record["integer"]["accuracy"] = float(np.trace(matrix) / matrix.sum())
    record["integer"]["per_class"] = (np.diag(matrix) / matrix.sum(1)).tolist()
    file.write_text(json.dumps(record))
    assert main(["zoo", "add", str(train(5)), "--name", "x", "--folder", str(tmp_path)]) == 1
    assert "its program gives" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_speeds_are_measured_again_and_nothing_else_of_a_card_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = read_card(FOLDER / "mnist-1k.json")
    for suffix in (".json", ".lbp"):
        (tmp_path / f"mnist-1k{suffix}").write_bytes((FOLDER / f"mnist-1k{suffix}").read_bytes())
    assert main(["zoo", "time", "--seconds", "0.01", "--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("zoo:mnist-1k: ")
    after = read_card(tmp_path / "mnist-1k.json")
    assert after.speed != before.speed and after.speed.images_per_second > 0
    assert replace(after, speed=before.speed) == before
    assert main(["zoo", "time", "zoo:mnist-2k", "--folder", str(tmp_path)]) == 1
    assert "zoo:mnist-2k: no such program in the zoo" in capsys.readouterr().err
