"""The folder of one run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import RunConfig, load_config, save_config
from ..errors import RunError
from ..text_files import write_text
from .environment import describe_environment


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run: `config.json`, `metrics.jsonl`, `{last,best,final}.safetensors`, reports."""

    path: Path

    @property
    def config_file(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.json"

    @property
    def metrics_file(self) -> Path:
        """One JSON line an epoch."""
        return self.path / "metrics.jsonl"

    @property
    def data_file(self) -> Path:
        """Which images the run was made with."""
        return self.path / "data.json"

    @property
    def evaluation_file(self) -> Path:
        """Results on the test set."""
        return self.path / "evaluation.json"

    @property
    def misclassified_file(self) -> Path:
        """Some misclassified test images."""
        return self.path / "misclassified.npz"

    @property
    def has_begun(self) -> bool:
        """Whether an epoch or a part of one is there: false where training was stopped before its first step."""
        return self.metrics_file.is_file() or any(self.path.glob("*.safetensors"))

    def checkpoint(self, kind: str) -> Path:
        """Return the path of checkpoint `last` (to resume), `best` or `final`."""
        return self.path / f"{kind}.safetensors"

    @classmethod
    def create(cls, path: Path, config: RunConfig, *, name: str) -> RunFolder:
        """Make a new run folder.

        Raises:
            RunError: `path` already holds something.
        """
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise RunError(f"{path} is already in use; name another folder, or continue that run with --resume {path}")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"cannot make the run folder {path}: {error.strerror or error}") from error
        folder = cls(path)
        save_config(config, folder.config_file)
        folder.write_json("environment.json", {"preset": name, **describe_environment()})
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open an existing run.

        Raises:
            RunError: there is no run at `path`.
        """
        folder = cls(path)
        if not folder.config_file.is_file():
            raise RunError(f"{path} is not a run folder: it has no config.json")
        return folder

    def config(self) -> RunConfig:
        """Read the run's configuration."""
        return load_config(self.config_file)

    def write_json(self, name: str, value: dict[str, Any]) -> None:
        """Write a JSON file in the folder, whole or not at all."""
        write_text(self.path / name, json.dumps(value, indent=1) + "\n")

    def append_metrics(self, row: dict[str, Any]) -> None:
        """Add one epoch's line."""
        try:
            with self.metrics_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        except OSError as error:
            raise RunError(f"cannot write {self.metrics_file}: {error.strerror or error}") from error

    def keep_metrics_before(self, epoch: int) -> None:
        """Drop the lines of `epoch` and later ones (and a torn last line): they will be written again."""
        if not self.metrics_file.is_file():
            return
        kept = []
        for line in self.metrics_file.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                break
            if row["epoch"] < epoch:
                kept.append(line)
        write_text(self.metrics_file, "".join(f"{line}\n" for line in kept))


def free_run_path(root: Path, name: str) -> Path:
    """Return `root/name`, or `root/name-2`, `-3`, ... if that is in use."""
    candidate, number = root / name, 1
    while candidate.exists():
        number += 1
        candidate = root / f"{name}-{number}"
    return candidate
