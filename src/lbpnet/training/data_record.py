"""What images a run was made with; whatever continues or evaluates it must have the same."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..config import DataConfig
from ..data.dataset import Dataset
from ..data.hold_out import hold_out
from ..errors import RunError
from .run_folder import RunFolder


def data_record(dataset: Dataset, config: DataConfig) -> dict[str, Any]:
    """Return names, sizes and a SHA-256 over all images and labels, as plain values."""
    train, val = hold_out(dataset, config)
    digest = hashlib.sha256()
    for part in (dataset.train, dataset.test):
        digest.update(part.images.tobytes())
        digest.update(part.labels.tobytes())
    return {
        "dataset": config.dataset,
        "name": dataset.name,
        "source": dataset.source,
        "licence": dataset.licence,
        "train": len(train),
        "val": 0 if val is None else len(val),
        "test": len(dataset.test),
        "sha256": digest.hexdigest(),
    }


def require_same_data(folder: RunFolder, dataset: Dataset, config: DataConfig) -> None:
    """Compare a loaded data set with the one that the run recorded in `data.json`.

    Raises:
        RunError: there is no record, or the images are others.
    """
    file = folder.data_file
    if not file.is_file():
        raise RunError(f"{file}: missing; it says which images the run was made with")
    try:
        recorded = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RunError(f"{file}: not a JSON file ({error})") from error
    found = data_record(dataset, config)
    if recorded.get("sha256") != found["sha256"]:
        raise RunError(
            f"{folder.path}: was made with {_images(recorded)}; found others (by SHA-256): {_images(found)}; "
            f"put the former back, or set data.root in {folder.config_file} to where they are"
        )


def _images(record: dict[str, Any]) -> str:
    counts = " + ".join(str(record.get(part)) for part in ("train", "val", "test"))
    return f"{record.get('name')} ({record.get('source')}; training, validation and test {counts})"
