"""One training from configuration to evaluated run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric

from ..config import RunConfig, validate
from ..data.dataset import Dataset, ImageSet
from ..data.hold_out import hold_out
from ..data.load import load_dataset
from ..errors import ConfigError
from ..models import build_model
from ..ops import instruction_set
from .allocator import keep_freed_memory
from .checkpoint import Checkpoint, load_checkpoint, require_same_run
from .data_record import data_record, require_same_data
from .determinism import apply_determinism
from .evaluate_run import evaluate_run
from .precision import choose_precision
from .progress import TrainingDisplay
from .run_folder import RunFolder
from .teacher import Teacher, require_same_teacher
from .trainer import Trainer


def start_fabric(config: RunConfig) -> Fabric:
    """Choose device, precision and processes, and launch them.

    Raises:
        ConfigError: the accelerator or strategy is unknown or absent.
    """
    device = config.device
    try:
        probe = Fabric(accelerator=device.accelerator, devices=device.devices, strategy=device.strategy)
        precision = choose_precision(amp=config.training.amp, device_type=probe.device.type)
        fabric = probe
        if precision != "32-true":
            fabric = Fabric(
                accelerator=device.accelerator,
                devices=device.devices,
                strategy=device.strategy,
                precision=precision,
            )
    except (ValueError, RuntimeError, TypeError) as error:
        raise ConfigError(f"device: Lightning Fabric cannot start {device}: {error}") from error
    fabric.launch()
    return fabric


def check_data(dataset: Dataset, config: RunConfig) -> None:
    """Compare a loaded data set with the network that is to be trained on it.

    Raises:
        ConfigError: the number of classes differs.
    """
    wanted, found = config.model.classification_head.num_classes, len(dataset.classes)
    if wanted != found:
        raise ConfigError(
            f"model.classification_head.num_classes: the data set '{dataset.name}' has {found} classes, got {wanted}; "
            f"set --model.classification-head.num-classes {found}"
        )


def train_run(
    config: RunConfig,
    path: Path,
    *,
    name: str,
    resume: bool = False,
    display: TrainingDisplay | None = None,
    finish: Callable[[RunFolder], None] | None = None,
) -> RunFolder:
    """Train a configuration into the run folder `path`, then evaluate it on the test set once.

    Args:
        config: the run; when resuming, the stored one.
        path: a new or empty folder, or an interrupted run.
        name: of the preset, for titles.
        resume: continue from `path/last.safetensors`.
        display: what is shown; None is silent.
        finish: called at the end with the run folder, in the first process only.

    Returns:
        The run folder.

    Raises:
        ConfigError, DataError, RunError, CheckpointError: see their messages; before any training.
        TrainingInterrupted: a signal stopped it; a checkpoint was written.
    """
    validate(config)
    display = display or TrainingDisplay(quiet=True)
    apply_determinism(config)
    keep_freed_memory()
    fabric = start_fabric(config)
    if not fabric.is_global_zero:
        display = TrainingDisplay(quiet=True)
    folder = RunFolder.open(path) if resume else RunFolder(path)
    begun = resume and folder.has_begun
    if resume and not begun:
        display.say(f"{path}: nothing was trained yet; from the start")
    checkpoint = _checkpoint_to_resume(folder, config, fabric, display) if begun else None
    dataset = load_dataset(config.data, progress=fabric.is_global_zero)
    record, teacher = _checked_sources(folder if begun else None, dataset, config)
    train, val = hold_out(dataset, config.data)
    trainer = Trainer(
        config, build_model(config), train, val, folder=folder, fabric=fabric, display=display, teacher=teacher
    )
    if not resume and fabric.is_global_zero:
        RunFolder.create(path, config, name=name)
    if not begun and fabric.is_global_zero:
        folder.write_json(folder.data_file.name, record if teacher is None else {**record, "teacher": teacher.record})
    fabric.barrier()
    _announce(name, dataset, train, val, folder, teacher, display)
    if checkpoint is not None:
        trainer.restore(checkpoint)
        display.say(_where(trainer.position.epoch, trainer.position.step, config.training.epochs))
    trainer.fit()
    if fabric.is_global_zero:
        evaluate_run(folder, dataset=dataset, display=display)
        if finish is not None:
            finish(folder)
    fabric.barrier()
    return folder


def _checked_sources(
    begun: RunFolder | None, dataset: Dataset, config: RunConfig
) -> tuple[dict[str, Any], Teacher | None]:
    """Return the record of the images and the teacher: they suit the run, and are those with which it was begun."""
    check_data(dataset, config)
    record = data_record(dataset, config.data)
    if begun is not None:
        require_same_data(begun, dataset, config.data)
    teacher = Teacher.load(config, record)
    if begun is not None:
        require_same_teacher(begun, teacher)
    return record, teacher


def _where(epoch: int, step: int, epochs: int) -> str:
    if epoch >= epochs:
        return f"all {epochs} epochs were trained before; what follows them is made again"
    return f"resumed at epoch {epoch + 1}, step {step}"


def _announce(
    name: str,
    dataset: Dataset,
    train: ImageSet,
    val: ImageSet | None,
    folder: RunFolder,
    teacher: Teacher | None,
    display: TrainingDisplay,
) -> None:
    held_out = "no validation images: training accuracy is monitored" if val is None else f"{len(val):,} validation"
    display.say(f"{name} on {dataset.name} ({dataset.source})")
    display.say(f"{len(train):,} training images, {held_out}, {len(dataset.test):,} test; {folder.path}")
    missing = [c for number, c in enumerate(dataset.classes) if not (dataset.test.labels == number).any()]
    if missing:
        display.say(f"no test images of {', '.join(map(str, missing))}: test accuracy is that of the other classes")
    if teacher is not None:
        display.say(f"teacher: {teacher.record['run']} ({teacher.record['family']})")


def _checkpoint_to_resume(folder: RunFolder, config: RunConfig, fabric: Fabric, display: TrainingDisplay) -> Checkpoint:
    file = folder.checkpoint("last")
    checkpoint = load_checkpoint(file)
    require_same_run(checkpoint, config, world_size=fabric.world_size, origin=str(file))
    written_by, here = checkpoint.header["kernels"], instruction_set()
    if written_by != here:
        display.say(f"begun on kernels '{written_by}', continues on '{here}': results differ in the last bits")
    return checkpoint
