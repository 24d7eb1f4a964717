"""A trained network whose logits another one learns from."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..config import DataConfig, RunConfig
from ..errors import ConfigError, RunError
from ..models import LbpNet
from .evaluate_run import default_checkpoint, load_run_model
from .run_folder import RunFolder

_FIELD = "training.distillation.teacher"
# What decides which images were held out.
_SPLIT = ("val_size", "split_seed", "stratified")


class Teacher:
    """A network of any family in eval mode, on its hard path; it takes the images that its pupil takes.

    Args:
        model: the network.
        record: what the pupil's `data.json` says of it.
    """

    def __init__(self, model: LbpNet, record: dict[str, Any]) -> None:
        self.model, self.record = model.eval(), record

    @classmethod
    def load(cls, config: RunConfig, data: dict[str, Any]) -> Teacher | None:
        """Load the teacher of a run, or None where it has none.

        Args:
            config: the pupil's run.
            data: the pupil's `data_record`: both must know the same images, and what the pupil holds out the teacher
                must have held out too, or it would tell the pupil of images that choose it.

        Raises:
            ConfigError: the teacher takes other images, knows other classes, or was trained on what is held out here.
            RunError, CheckpointError: there is no such run, or it has not ended.
        """
        path = config.training.distillation.teacher
        if path is None:
            return None
        folder = RunFolder.open(Path(path))
        own = folder.config()
        _check(own, config, path)
        _check_images(folder, own.data, config.data, data, path)
        kind = default_checkpoint(own)
        model, _ = load_run_model(folder, kind)
        digest = hashlib.sha256(folder.checkpoint(kind).read_bytes()).hexdigest()
        name = folder.path.resolve().name
        return cls(model, {"run": name, "family": own.model.family, "checkpoint": kind, "sha256": digest})

    @torch.no_grad()
    def logits(self, images: Tensor) -> Tensor:
        """Return the logits (B, classes) of images (B, C, H, W) uint8."""
        return self.model.logits(self.model(images).float())


def distillation_loss(logits: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """Return `T^2 KL(softmax(taught / T) || softmax(logits / T))`, the mean over images.

    The factor keeps the size of its gradient apart from T. Gradient to `logits` only.

    Source: Hinton et al. 2015, section 2.
    """
    wanted = (taught.detach() / temperature).log_softmax(1)
    given = (logits.float() / temperature).log_softmax(1)
    return temperature**2 * torch.nn.functional.kl_div(given, wanted, reduction="batchmean", log_target=True)


def require_same_teacher(folder: RunFolder, teacher: Teacher | None) -> None:
    """Compare a resumed run's teacher with the one that it recorded in `data.json`.

    Raises:
        RunError: the teacher's weights are others.
    """
    recorded = json.loads(folder.data_file.read_text(encoding="utf-8")).get("teacher")
    found = None if teacher is None else teacher.record
    if (recorded or {}).get("sha256") != (found or {}).get("sha256"):
        raise RunError(f"{folder.path}: its teacher was {recorded}, found {found}; the run cannot go on with another")


def _check(own: RunConfig, config: RunConfig, path: str) -> None:
    for name, theirs, ours in (
        ("data.image_size", own.data.image_size, config.data.image_size),
        ("data.in_channels", own.data.in_channels, config.data.in_channels),
        (
            "model.classification_head.num_classes",
            own.model.classification_head.num_classes,
            config.model.classification_head.num_classes,
        ),
    ):
        if theirs != ours:
            raise ConfigError(f"{_FIELD}: {path} has {name} {theirs!r}, this run {ours!r}; both must be the same")


def _check_images(folder: RunFolder, own: DataConfig, pupil: DataConfig, data: dict[str, Any], path: str) -> None:
    try:
        recorded = json.loads(folder.data_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{folder.data_file}: cannot be read ({error}); it names the teacher's images") from error
    if recorded.get("sha256") != data["sha256"]:
        raise ConfigError(
            f"{_FIELD}: {path} was trained on other images ({recorded.get('name')}, {recorded.get('train')} of them); "
            f"this run's are {data['name']}, and a teacher must not know its pupil's test set"
        )
    if pupil.val_size and any(getattr(own, name) != getattr(pupil, name) for name in _SPLIT):
        theirs, ours = ({name: getattr(config, name) for name in _SPLIT} for config in (own, pupil))
        raise ConfigError(
            f"{_FIELD}: {path} held out {theirs}, this run holds out {ours}: the teacher may have been trained on "
            "images that are to choose its pupil; use the same split, or hold nothing out here (data.val_size 0)"
        )
