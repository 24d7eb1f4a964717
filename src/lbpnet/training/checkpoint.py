"""Checkpoints: safetensors with one JSON header; written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ..config import ModelConfig, RunConfig, from_dict, to_dict
from ..errors import CheckpointError, ConfigError

_FORMAT = "lbpnet-checkpoint"
_VERSION = 1
# One key only: safetensors does not promise an order of several, and the same run must give the same bytes.
_KEY = "lbpnet"


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and a header of plain values."""

    tensors: dict[str, Tensor]
    header: dict[str, Any]


def save_checkpoint(path: Path, tensors: Mapping[str, Tensor], *, config: RunConfig, header: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically: a temporary file, flushed to disk, takes the place of the old one.

    Args:
        path: the `.safetensors` file.
        tensors: what to store; moved to the CPU.
        config: the run, stored in the header.
        header: further JSON values.

    Raises:
        CheckpointError: the file could not be written; an older checkpoint at `path` is untouched.
    """
    text = json.dumps({"format": _FORMAT, "version": _VERSION, "config": to_dict(config), **header}, sort_keys=True)
    data = save({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, metadata={_KEY: text})
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        kept = "the previous checkpoint is untouched" if path.exists() else "no checkpoint was written"
        raise CheckpointError(f"cannot write {path}: {error.strerror or error}; {kept}") from error


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        CheckpointError: the file is missing, damaged, or of another format or version.
    """
    if not path.is_file():
        raise CheckpointError(
            f"checkpoint not found: {path}; where a training was stopped, `lbpnet train --resume {path.parent}` goes on"
        )
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_KEY)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: not a readable safetensors file ({error})") from error
    if text is None:
        raise CheckpointError(f"{path}: a safetensors file, but not an lbpnet checkpoint (no '{_KEY}' header)")
    try:
        header = json.loads(text)
    except json.JSONDecodeError as error:
        raise CheckpointError(f"{path}: damaged header ({error})") from error
    if not isinstance(header, dict) or not isinstance(header.get("config"), dict):
        raise CheckpointError(f"{path}: damaged header: expected an object with a configuration")
    if header.get("format") != _FORMAT or header.get("version") != _VERSION:
        raise CheckpointError(
            f"{path}: expected format {_FORMAT} version {_VERSION}, "
            f"got {header.get('format')} version {header.get('version')}"
        )
    return Checkpoint(tensors, header)


def load_weights(model: nn.Module, tensors: Mapping[str, Tensor], *, origin: str) -> None:
    """Load tensors into a network of exactly the same structure.

    Raises:
        CheckpointError: names the first tensor that is missing, unexpected, or of another shape.
    """
    own = model.state_dict()
    for name, value in own.items():
        if name not in tensors:
            raise CheckpointError(f"{origin}: belongs to another model; it lacks the tensor '{name}'")
        if tensors[name].shape != value.shape:
            raise CheckpointError(
                f"{origin}: belongs to another model; '{name}' is {tuple(tensors[name].shape)}, "
                f"expected {tuple(value.shape)}"
            )
    for name in tensors:
        if name not in own:
            raise CheckpointError(f"{origin}: belongs to another model; unexpected tensor '{name}'")
    model.load_state_dict(dict(tensors))


def require_same_model(checkpoint: Checkpoint, config: ModelConfig, *, origin: str) -> None:
    """Compare a checkpoint's network with the configured one.

    Raises:
        CheckpointError: names the first field that differs.
    """
    stored = checkpoint.header["config"].get("model")
    try:
        same = from_dict(ModelConfig, stored) == config
    except ConfigError as error:
        raise CheckpointError(f"{origin}: its configuration is not of this version ({error})") from error
    if not same:
        raise CheckpointError(
            f"{origin}: belongs to another model; {_first_difference(stored, to_dict(config), 'model')}"
        )


def require_same_run(checkpoint: Checkpoint, config: RunConfig, *, world_size: int, origin: str) -> None:
    """Check that a checkpoint is one to resume from, of exactly this run.

    How batches are fed (`data.num_workers`, `data.pin_memory`) may differ: it does not change the result.

    Raises:
        CheckpointError: it is of another kind, configuration or number of processes.
    """
    header = checkpoint.header
    if header.get("kind") != "last":
        raise CheckpointError(f"{origin}: holds {header.get('kind')} weights, expected a checkpoint to resume from")
    require_same_model(checkpoint, config.model, origin=origin)
    # A field that the checkpoint's version did not know has its default, which changes nothing.
    stored, wanted = to_dict(from_dict(RunConfig, header["config"])), to_dict(config)
    for feeding in ("num_workers", "pin_memory"):
        stored["data"][feeding] = wanted["data"][feeding]
    if stored != wanted:
        raise CheckpointError(f"{origin}: belongs to another run; {_first_difference(stored, wanted, '')}")
    if header["world_size"] != world_size:
        raise CheckpointError(f"{origin}: was written by {header['world_size']} processes, got {world_size}")


def _first_difference(stored: Any, wanted: Any, path: str) -> str:
    if isinstance(stored, dict) and isinstance(wanted, dict):
        for key in wanted:
            if stored.get(key) != wanted[key]:
                return _first_difference(stored.get(key), wanted[key], f"{path}.{key}" if path else key)
    return f"{path} is {stored!r}, expected {wanted!r}"


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return an optimiser's state as named tensors, `optimizer/<index>/<key>`."""
    state = optimizer.state_dict()["state"]
    return {
        f"optimizer/{index}/{key}": value
        for index, row in state.items()
        for key, value in row.items()
        if isinstance(value, Tensor)
    }


def load_optimizer_tensors(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Restore what `optimizer_tensors` returned."""
    fresh = optimizer.state_dict()
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer/"):
            _, index, key = name.split("/")
            state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": fresh["param_groups"]})


def with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Put `prefix/` before every name."""
    return {f"{prefix}/{name}": value for name, value in tensors.items()}


def without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Select the tensors named `prefix/...` and drop the prefix."""
    return {name.removeprefix(f"{prefix}/"): value for name, value in tensors.items() if name.startswith(f"{prefix}/")}
