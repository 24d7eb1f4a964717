"""Accuracy, loss, confusion matrix on every forward path of a network."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..config import RunConfig
from ..data.dataset import ImageSet
from ..layers import HARD, HARD_ROUNDED, ForwardPath
from ..models import LbpNet
from .bn_recalibration import recalibrate_batchnorm
from .determinism import step_seed

_EVAL_BATCH = 500


@dataclass(frozen=True)
class Evaluation:
    """Result of one forward path on one image set."""

    loss: float
    """Mean cross-entropy, nats, without label smoothing."""
    confusion: np.ndarray
    """(K, K) int64 counts, row = true class, column = prediction."""
    predicted: np.ndarray
    """(N,) int64 predicted classes."""
    confidence: np.ndarray
    """(N,) float32 softmax probability of the predicted class."""

    @property
    def n(self) -> int:
        """Images."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, 0..1."""
        return float(np.trace(self.confusion) / self.n)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; a class without images has per-class accuracy null."""
        totals = self.confusion.sum(1)
        per_class = [float(self.confusion[c, c] / totals[c]) if totals[c] else None for c in range(len(totals))]
        return {
            "accuracy": self.accuracy,
            "loss": self.loss,
            "n": self.n,
            "confusion": self.confusion.tolist(),
            "per_class": per_class,
        }


def _image_batches(images: ImageSet, size: int, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    for start in range(0, len(images), size):
        part = slice(start, start + size)
        yield (
            torch.from_numpy(images.images[part]).to(device),
            torch.from_numpy(images.labels[part]).to(device),
        )


@torch.no_grad()
def evaluate(model: LbpNet, images: ImageSet, *, path: ForwardPath) -> Evaluation:
    """Run a network in eval mode over an image set on one forward path.

    The network's mode is left as eval and its path as `path`.
    """
    model.eval()
    model.set_path(path)
    device = next(model.parameters()).device
    classes = model.config.classification_head.num_classes
    confusion = torch.zeros(classes * classes, dtype=torch.int64)
    loss, predicted, confidence = 0.0, [], []
    for batch, labels in _image_batches(images, _EVAL_BATCH, device):
        output = model(batch).float()
        logits, chosen = model.logits(output), output.argmax(1)
        loss += float(torch.nn.functional.cross_entropy(logits, labels, reduction="sum"))
        confusion += torch.bincount((labels * classes + chosen).cpu(), minlength=classes * classes)
        predicted.append(chosen.cpu().numpy())
        confidence.append(logits.softmax(1).amax(1).cpu().numpy())
    return Evaluation(
        loss=loss / len(images),
        confusion=confusion.view(classes, classes).numpy(),
        predicted=np.concatenate(predicted),
        confidence=np.concatenate(confidence),
    )


def recalibration_batches(train: ImageSet, config: RunConfig, device: torch.device) -> Iterable[Tensor]:
    """Yield up to `bn_recal_batches` random training batches, without augmentation, the same every time."""
    generator = np.random.default_rng(step_seed(config.seed, 9_001))
    order = generator.permutation(len(train))
    size = min(config.training.batch_size, len(train))
    for index in range(min(config.hard_finetune.bn_recal_batches, len(train) // size)):
        part = np.sort(order[index * size : (index + 1) * size])
        yield torch.from_numpy(train.images[part]).to(device)


def evaluate_paths(
    model: LbpNet, train: ImageSet, test: ImageSet, config: RunConfig, *, train_path: ForwardPath
) -> dict[str, Evaluation]:
    """Evaluate the forward paths of a trained network; `model` itself is not changed.

    Returns:
        Of a routed network one, `integer`, and of the paper's and a convolutional one, `forward`: their only forward
        pass. Of a residual network four:
        `train_path`: the forward pass of the last epoch, as trained; `hard`: hard comparisons and gates,
        statistics as trained; `hard_bn_recal`: the same with BatchNorm re-estimated on training images;
        `hard_rounded`: sampling at whole pixels, BatchNorm re-estimated for it.
    """
    if config.model.family != "residual":
        name = "integer" if config.model.family == "routed" else "forward"
        return {name: evaluate(copy.deepcopy(model), test, path=train_path)}
    results = {
        "train_path": evaluate(copy.deepcopy(model), test, path=train_path),
        "hard": evaluate(copy.deepcopy(model), test, path=HARD),
    }
    device = next(model.parameters()).device
    for name, path in (("hard_bn_recal", HARD), ("hard_rounded", HARD_ROUNDED)):
        recalibrated = copy.deepcopy(model)
        recalibrated.set_path(path)
        recalibrate_batchnorm(recalibrated, recalibration_batches(train, config, device))
        results[name] = evaluate(recalibrated, test, path=path)
    return results
