"""What README and docs tell people to type runs in that order, in a folder with stand-ins for what readers have."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from documented_commands import REPOSITORY, Command, read_commands
from PIL import Image

from lbpnet.config import RunConfig
from lbpnet.training import train_run

PAGES = ["README.md", *sorted(path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "docs").glob("*.md"))]
COMMANDS = {page: read_commands(page, (REPOSITORY / page).read_text(encoding="utf-8")) for page in PAGES}
RUN = {page: [command for command in commands if not command.covered] for page, commands in COMMANDS.items()}
# An extra's packages are in the environment that the tests run in; this `pip` checks that it is an extra, or is there.
PIP = """
import sys, tomllib
from importlib.metadata import version
verb, *wanted = sys.argv[1:]
assert verb == "install" and wanted
for name in wanted:
    project, _, extras = name.rstrip("]").partition("[")
    if project in (".", "lbpnet"):
        with open({pyproject!r}, "rb") as file:
            assert set(filter(None, extras.split(","))) <= set(tomllib.load(file)["project"]["optional-dependencies"])
    else:
        version(project)
"""


SLOW = ["README.md"]


@pytest.fixture
def runs(tiny: RunConfig, tiny_routed: RunConfig) -> dict[str, RunConfig]:
    """What stands in for the runs that pages name."""
    return {"paper_mnist_rp_full60k": tiny, "mnist_quick": tiny, "digits": tiny_routed}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment with `lbpnet`, `python` and `pip` of these tests first on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "pip.py").write_text(PIP.format(pyproject=str(REPOSITORY / "pyproject.toml")), encoding="utf-8")
    for name, arguments in (("python", ""), ("lbpnet", "-m lbpnet"), ("pip", str(folder / "pip.py"))):
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}


def fill(folder: Path, commands: list[Command], runs: dict[str, RunConfig]) -> None:
    """Fill a folder with pictures, a data file, a program of the reader's own, quick runs in the place of long ones."""
    (folder / "pictures").mkdir(parents=True)
    draw = np.random.default_rng(3)
    for name in ("digit.png", "seven.png", "pictures/other.png"):
        Image.fromarray(draw.integers(0, 256, (28, 28), np.uint8)).save(folder / name)
    images = draw.integers(0, 256, (5, 8, 8), np.uint8)
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz", "wb") as file:
        file.write(bytes([0, 0, 8, 3]) + np.array(images.shape, ">i4").tobytes() + images.tobytes())
    text = "\n".join(command.text for command in commands)
    for name, config in runs.items():
        if f"runs/{name}" in text:
            train_run(config, folder / "runs" / name, name=name)
    if "lbpnet freeze" not in text:
        shutil.copyfile(REPOSITORY / "src/lbpnet/zoo/mnist-1k.lbp", folder / "digits.lbp")


def run(command: Command, folder: Path, environment: dict[str, str]) -> None:
    shell = ["sh", "-ec", command.text]
    done = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]} {done.stderr[-2000:]}"


@pytest.mark.parametrize("page", [page for page in PAGES if RUN[page] and page not in SLOW])
def test_the_commands_of_a_page_run_in_order(
    page: str, tmp_path: Path, environment: dict[str, str], runs: dict[str, RunConfig]
) -> None:
    fill(tmp_path / "reader", RUN[page], runs)
    for command in RUN[page]:
        run(command, tmp_path / "reader", environment)


@pytest.mark.slow
@pytest.mark.parametrize("page", SLOW)
def test_the_commands_of_a_long_page_run_in_order(
    page: str, tmp_path: Path, environment: dict[str, str], runs: dict[str, RunConfig]
) -> None:
    test_the_commands_of_a_page_run_in_order(page, tmp_path, environment, runs)


@pytest.mark.parametrize(
    "text", ["lbpnet verify nothing", "pip install 'lbpnet[nothing]'", "pip install no_such_thing"]
)
def test_a_command_that_fails_is_found(text: str, tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match=r"nothing|no_such_thing"):
        run(Command("page.md", text), tmp_path, environment)


def test_each_command_runs_here_or_in_a_file_that_there_is() -> None:
    elsewhere = [command for commands in COMMANDS.values() for command in commands if command.covered]
    assert [command for command in elsewhere if not (REPOSITORY / command.covered).is_file()] == []
    assert (sum(map(len, RUN.values())), len(elsewhere)) == (40, 22)
    assert all(RUN[page] for page in PAGES if "export" in page or "microcontrollers" in page)


def test_the_chinese_readme_has_the_same_commands() -> None:
    texts = [(REPOSITORY / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")]
    english, chinese = ([line.text.split(" #")[0] for line in read_commands("", text)] for text in texts)
    assert english == chinese


@pytest.mark.parametrize(
    "text",
    [
        "<!-- not run here: lbpnet train: Makefile -->\n```sh\nlbpnet ls\n```",
        "<!-- not run here: lbpnet train: Makefile -->\n\n```sh\nlbpnet train\n```",
        "<!-- not run here: lbpnet train: Makefile -->",
        "```bash\nlbpnet ls\n```",
        "```sh\nlbpnet ls",
    ],
)
def test_a_mark_without_its_command_and_a_block_of_another_kind_are_refused(text: str) -> None:
    with pytest.raises(AssertionError, match=r"page\.md"):
        read_commands("page.md", text)
