"""Write a run folder as a training run leaves it, with made-up but plausible figures."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from lbpnet.config import RunConfig, save_config

COST: dict[str, Any] = {
    "seed": {
        "size_bytes": 5472,
        "size_bytes_without_map": 384,
        "cmp": 105840,
        "add": 571536,
        "mul": 0,
        "gops": 0.000677376,
    },
    "wacv": None,
    "whole": {
        "parameters": 29196,
        "stored_bytes": 121872,
        "ops": {"compare": 987840, "add": 4612340, "multiply": 5120455},
        "stages": [],
    },
    "parameters": {
        "alive": 29037,
        "gate_biases": 159,
        "trainable": 29196,
        "seed_bypass_projection": 2544,
        "seed_pattern_weights": 48,
        "reconciled_total": 31629,
        "by_module": {"stages.0": 199, "stages.1": 1712, "stages.2": 3472, "head": 23813},
    },
    "an extra key": 1,
}


def write_run(
    folder: Path,
    config: RunConfig,
    *,
    epochs: int = 20,
    optional: bool = True,
    classes: tuple[str, ...] = tuple("0123456789"),
) -> Path:
    """Write a run folder; without `optional`, only the files that every run has."""
    folder.mkdir(parents=True)
    save_config(config, folder / "config.json")
    lines = [json.dumps(metrics_line(config, epoch, epochs)) for epoch in range(epochs)]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    environment = {
        "python": "3.11.2",
        "torch": "2.9.0+cpu",
        "machine": {"cpu": "x86-64, 2 cores", "memory_gib": 7.8},
        "commit": None,
    }
    (folder / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    if optional:
        data = {"name": config.data.dataset, "source": "cache", "train": 51_000, "val": 9_000, "test": 10_000}
        (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
        rng = np.random.default_rng(7)
        evaluation = evaluation_object(classes, rng)
        (folder / "evaluation.json").write_text(json.dumps(evaluation), encoding="utf-8")
        save_file(offset_tensors(config, rng), folder / "final.safetensors")
        np.savez(folder / "misclassified.npz", **misclassified_arrays(len(classes), rng))  # pyright: ignore[reportArgumentType]
    return folder


def metrics_line(config: RunConfig, epoch: int, epochs: int) -> dict[str, Any]:
    """Return one epoch of a run that goes well and hardens in its last fifth."""
    stages = config.model.blocks.stages
    progress = epoch / max(1, epochs - 1)
    hard = progress > 0.8
    dip = 0.03 * math.exp(-abs(progress - 0.82) * 60) if hard else 0.0
    rise = 1 - math.exp(-6 * (progress + 0.05))
    train = 0.30 + 0.66 * rise - dip + 0.004 * math.sin(1.7 * epoch)
    val = train - 0.008 + 0.006 * math.sin(2.3 * epoch)
    alpha = 0.1 + 0.7 * (1 + math.cos(math.pi * progress))
    held = config.data.val_size > 0
    shares = [0.35 + 0.15 * rise + 0.05 * s - 0.02 * math.sin(epoch + s) for s in range(stages)]
    return {
        "epoch": epoch,
        "train_loss": 2.3 - 1.6 * rise + 3 * dip,
        "train_accuracy": train,
        "val_loss": 2.32 - 1.55 * rise + 4 * dip if held else None,
        "val_accuracy": val if held else None,
        "monitor": val if held else train,
        "monitor_name": "val_accuracy" if held else "train_accuracy",
        "lr": 0.001 * min(1.0, (epoch + 1) / 6) * 0.5 * (1 + math.cos(math.pi * progress)),
        "alpha": [alpha * (1 - 0.08 * s * progress) for s in range(stages)],
        "tau": 0.9 + 1.05 * (1 + math.cos(math.pi * progress)),
        "alive_ratio": sum(shares) / stages,
        "alive_per_stage": shares,
        "penalties": {"alive_ratio_reg": 1e-5, "gate_margin": 3e-4},
        "phase": "hard" if hard else "soft",
        "frozen": ["offsets", "alpha"] if epoch < epochs // 20 + 1 else [],
        "guard": "softened" if epoch == epochs // 2 else "watching",
        "grad_norm": 0.8,
        "seconds": 21.5,
        "images_per_second": 2790.0,
    }


def evaluation_object(classes: tuple[str, ...], rng: np.random.Generator) -> dict[str, Any]:
    """Return four evaluated paths whose accuracies, counts and confusion agree."""
    result: dict[str, Any] = {"classes": list(classes), "checkpoint": "final", "weights": "raw"}
    for path, error in (
        ("train_path", 0.036),
        ("hard", 0.052),
        ("hard_bn_recal", 0.035),
        ("hard_rounded", 0.081),
    ):
        result[path] = _path_object(len(classes), error, rng)
    return result


def _path_object(k: int, error: float, rng: np.random.Generator) -> dict[str, Any]:
    confusion = np.zeros((k, k), dtype=np.int64)
    for true in range(k):
        shares = rng.gamma(0.5, size=k)
        shares[true] = 0
        shares *= error * (0.5 + rng.random()) / shares.sum()
        shares[true] = 1 - shares.sum()
        confusion[true] = rng.multinomial(1000, shares)
    per_class = confusion.diagonal() / 1000
    n = int(confusion.sum())
    return {
        "accuracy": float(confusion.trace() / n),
        "loss": 0.61,
        "n": n,
        "confusion": confusion.tolist(),
        "per_class": per_class.tolist(),
    }


def offset_tensors(config: RunConfig, rng: np.random.Generator) -> dict[str, Any]:
    """Return raw offsets of every stage, and a tensor that the report has no use for."""
    lbp, blocks = config.model.lbp_layer, config.model.blocks
    channels = (config.data.in_channels, *blocks.channels_per_stage)
    tensors: dict[str, Any] = {"head.weight": np.zeros((2, 2), dtype=np.float32)}
    for stage in range(blocks.stages):
        groups = 1 if lbp.share_across_channels else channels[stage]
        shape = (groups, lbp.num_patterns, lbp.num_points, 2)
        raw = rng.normal(0, lbp.offset_init_std, size=shape).astype(np.float32)
        tensors[f"stages.{stage}.lbp.raw_offsets"] = raw
    return tensors


def misclassified_arrays(classes: int, rng: np.random.Generator, m: int = 70) -> dict[str, np.ndarray]:
    """Return blurred strokes that stand for digits, each with a wrong class."""
    rows, columns = np.mgrid[0:28, 0:28]
    images = np.zeros((m, 1, 28, 28), dtype=np.uint8)
    for i in range(m):
        centre = rng.uniform(9, 19, size=2)
        radius, width = rng.uniform(4, 8), rng.uniform(1.0, 2.0)
        distance = np.abs(np.hypot(rows - centre[0], columns - centre[1]) - radius)
        images[i, 0] = (255 * np.exp(-((distance / width) ** 2))).astype(np.uint8)
    labels = rng.integers(0, classes, size=m)
    return {
        "images": images,
        "labels": labels,
        "predicted": (labels + rng.integers(1, classes, size=m)) % classes,
        "confidence": rng.uniform(0.3, 1.0, size=m).astype(np.float32),
        "index": rng.permutation(10_000)[:m],
    }
