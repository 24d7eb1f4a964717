"""The one training loop."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from ..config import RunConfig, StabilityConfig
from ..data.dataset import ImageSet
from ..data.loader import BatchLoader
from ..errors import KernelError, RunError
from ..layers import StageOutput
from ..lowering import native_features
from ..models import LbpNet
from ..ops import instruction_set
from .checkpoint import (
    Checkpoint,
    load_optimizer_tensors,
    load_weights,
    optimizer_tensors,
    save_checkpoint,
    with_prefix,
    without_prefix,
)
from .collapse_guard import CollapseGuard
from .determinism import step_seed
from .epoch_sums import EpochSums
from .evaluation import evaluate
from .interruption import Interruption, TrainingInterrupted
from .parameter_groups import ask_gradients, build_optimizer, drop_frozen_gradients, parameter_groups, set_learning_rate
from .penalties import penalties
from .progress import TrainingDisplay
from .run_folder import RunFolder
from .schedule import Schedule
from .teacher import Teacher, distillation_loss
from .weight_average import WeightAverage


@dataclass
class Position:
    """Where a training stands; everything a resumed run needs beside tensors."""

    epoch: int = 0
    step: int = 0
    best: float = -math.inf
    best_epoch: int = -1
    reference: float = -math.inf
    epochs_without_gain: int = 0
    seconds: float = 0.0


class _WithStages(nn.Module):
    """Makes `forward_with_stages` the forward pass: Fabric's autocast and DDP act on `forward` only."""

    def __init__(self, model: LbpNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, list[StageOutput]]:
        return self.model.forward_with_stages(images)


class Trainer:
    """Trains a network as its configuration says, into a run folder.

    Args:
        config: a validated run.
        model: the network, with its initial weights.
        train: training images.
        val: validation images; None monitors training accuracy instead.
        folder: where metrics and checkpoints go.
        fabric: device, precision, processes.
        display: what is shown.
        teacher: learned from as `training.distillation` says.
    """

    def __init__(
        self,
        config: RunConfig,
        model: LbpNet,
        train: ImageSet,
        val: ImageSet | None,
        *,
        folder: RunFolder,
        fabric: Fabric,
        display: TrainingDisplay,
        teacher: Teacher | None = None,
    ) -> None:
        self.config, self.folder, self.fabric, self.display = config, folder, fabric, display
        self.schedule = Schedule.of(config)
        # The guard watches gates and softens temperatures: other networks have neither.
        guard = config.stability if config.model.family == "residual" else StabilityConfig(collapse_guard=False)
        self.guard = CollapseGuard(guard)
        self.model = model.to(fabric.device)
        self.optimizer = build_optimizer(parameter_groups(self.model, config), config)
        self.wrapped, self.wrapped_optimizer = fabric.setup(_WithStages(self.model), self.optimizer)
        self.average = WeightAverage(self.model, config.ema.decay) if config.ema.enable else None
        self.val, self.teacher = val, teacher
        if teacher is not None:
            teacher.model.to(fabric.device)
        self.loader = BatchLoader(
            train,
            batch_size=config.training.batch_size,
            seed=config.seed,
            augment=config.data.augment,
            num_workers=config.data.num_workers,
            pin_memory=config.data.pin_memory,
            shuffle=True,
            rank=fabric.global_rank,
            world_size=fabric.world_size,
        )
        if teacher is not None and fabric.device.type == "cpu":
            teacher.model.extract = native_features(teacher.model, self.loader.image_size)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=config.training.label_smoothing)
        self.position = Position()
        self.sums = self._new_sums()

    def _new_sums(self) -> EpochSums:
        return EpochSums(self.model.gated_stages, self.fabric.device, taught=self.teacher is not None)

    def fit(self) -> None:
        """Train from the current position to the end (or to early stopping), then save `final`.

        Raises:
            TrainingInterrupted: Ctrl-C or SIGTERM; `last.safetensors` holds the position.
        """
        with Interruption() as interruption:
            while self.position.epoch < self.config.training.epochs and not self._out_of_patience():
                self._epoch(interruption)
                self._save_last()
                if self._stop_requested(interruption):
                    raise self._stopped()
        if self._out_of_patience():
            self.display.say(f"stopped early: no gain in {self.schedule.patience} epochs")
        self._save_weights("final")

    def _out_of_patience(self) -> bool:
        # A plateau of the soft forward does not end a run that has yet to be hardened.
        soft = self.schedule.hard_from is not None and self.position.epoch <= self.schedule.hard_from
        return not soft and self.position.epochs_without_gain >= self.schedule.patience

    def _stop_requested(self, interruption: Interruption) -> bool:
        if self.fabric.world_size == 1:
            return interruption.requested
        # A signal may reach one process only; all must stop at the same step.
        flag = torch.tensor(float(interruption.requested), device=self.fabric.device)
        reduced = self.fabric.all_reduce(flag, reduce_op="sum")
        return float(reduced if isinstance(reduced, Tensor) else flag) > 0

    def _epoch(self, interruption: Interruption) -> None:
        epoch, started = self.position.epoch, time.perf_counter()
        if epoch == self.schedule.hard_from and self.position.step == 0:
            # Accuracies of the soft forward are of another function: best, patience and guard start anew.
            self.position.best = self.position.reference = -math.inf
            self.position.epochs_without_gain = 0
            self.guard.restart()
        self._prepare(epoch)
        frozen = self.schedule.frozen(epoch) | self.guard.frozen
        if self.fabric.world_size == 1:
            # Between processes every gradient is awaited that was asked for at the start.
            ask_gradients(self.optimizer, frozen)
            self.model.extract = self._extraction(frozen)
        steps = self.loader.steps_per_epoch
        self.display.begin_epoch(epoch, self.config.training.epochs, steps, self.position.step)
        row = None
        try:
            for images, labels in self._batches(epoch):
                self._step(images, labels, epoch, frozen)
                if self._stop_requested(interruption):
                    self.position.seconds += time.perf_counter() - started
                    self._save_last()
                    raise self._stopped()
            row = self._finish_epoch(epoch, frozen, started)
        finally:
            self.model.extract = None
            self.display.end_epoch(row, self.config.training.epochs)

    def _extraction(self, frozen: frozenset[str]) -> Callable[[Tensor], Tensor] | None:
        # What stands still for an epoch need not be run as layers.
        if "offsets" not in frozen or self.fabric.device.type != "cpu":
            return None
        return native_features(self.model, self.loader.image_size)

    def _prepare(self, epoch: int) -> None:
        alpha, tau = self.schedule.temperatures(epoch)
        self.model.set_path(self.schedule.path(epoch))
        self.model.set_temperatures(alpha * self.guard.factor, tau * self.guard.factor)
        self.model.train()
        if self.schedule.is_hard(epoch) and self.config.hard_finetune.bn_mode == "freeze":
            for module in self.model.modules():
                if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                    module.eval()

    def _batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        for images, labels in self.loader.batches(epoch, self.position.step):
            yield self.fabric.to_device(images), self.fabric.to_device(labels)

    def _learning_rate(self, epoch: int, step: int) -> float:
        return self.schedule.learning_rate(epoch + (step + 0.5) / self.loader.steps_per_epoch)

    def _step(self, images: Tensor, labels: Tensor, epoch: int, frozen: frozenset[str]) -> None:
        set_learning_rate(self.optimizer, self._learning_rate(epoch, self.position.step))
        # Dropout draws from torch's global generator; seeding it here makes any step repeatable.
        torch.manual_seed(step_seed(self.config.seed, epoch, self.position.step, self.fabric.global_rank))
        try:
            logits, outputs = self.wrapped(images)
        except KernelError as error:
            raise self._diverged(error) from error
        cross_entropy = self.criterion(logits, labels)
        # On a GPU the check would wait for the device at every step.
        if images.device.type == "cpu" and not bool(cross_entropy.isfinite()):
            raise self._diverged(f"loss {float(cross_entropy.detach())}")
        extra = penalties(outputs, self.model.offsets(), self.config)
        share = 0.0
        if self.teacher is not None:
            share = self.config.training.distillation.share
            extra["distillation"] = share * self._from_teacher(self.teacher, images, logits)
        self.wrapped_optimizer.zero_grad(set_to_none=True)
        self.fabric.backward((1 - share) * cross_entropy + sum(extra.values()))
        drop_frozen_gradients(self.optimizer, frozen)
        norm = self._clip()
        self.wrapped_optimizer.step()
        if self.average is not None:
            self.average.update(self.model)
        self.sums.add(
            cross_entropy=cross_entropy,
            correct=(logits.argmax(1) == labels).sum(),
            images=len(labels),
            grad_norm=norm,
            penalties=extra,
            alive=[o.alive for o in outputs if o.alive is not None],
        )
        self.position.step += 1
        self.display.step(cross_entropy)

    def _from_teacher(self, teacher: Teacher, images: Tensor, logits: Tensor) -> Tensor:
        return distillation_loss(logits, teacher.logits(images), self.config.training.distillation.temperature)

    def _clip(self) -> Tensor:
        clipping = self.config.gradient_clipping
        limit = clipping.max_norm if clipping.enabled else math.inf
        norm = self.fabric.clip_gradients(
            self.wrapped, self.wrapped_optimizer, max_norm=limit, error_if_nonfinite=False
        )
        return norm if norm is not None else torch.zeros(())

    def _stopped(self) -> TrainingInterrupted:
        where = f"epoch {self.position.epoch + 1}, step {self.position.step}"
        return TrainingInterrupted(f"stopped at {where}; continue with: lbpnet train --resume {self.folder.path}")

    def _diverged(self, reason: object) -> RunError:
        where = f"epoch {self.position.epoch + 1}, step {self.position.step}"
        return RunError(f"training diverged at {where} ({reason}); lower training.lr, or clip gradients harder")

    def _finish_epoch(self, epoch: int, frozen: frozenset[str], started: float) -> dict[str, Any]:
        position = self.position
        self.sums.values = self._sum_over_processes(self.sums.values)
        summary = self.sums.summary()
        seconds = position.seconds + time.perf_counter() - started
        images = float(self.sums.values[2])
        validation = self._validate(epoch)
        monitor = float(summary["train_accuracy"]) if validation is None else validation[1]  # pyright: ignore[reportArgumentType]
        guard_state = self.guard.state
        fired = self.guard.update(monitor, float(summary["alive_ratio"] or 0.0))  # pyright: ignore[reportArgumentType]
        is_best = self._note(monitor, epoch)
        row = {
            "epoch": epoch,
            **summary,
            "val_loss": None if validation is None else validation[0],
            "val_accuracy": None if validation is None else validation[1],
            "monitor": monitor,
            "monitor_name": "train_accuracy" if validation is None else "val_accuracy",
            "is_best": is_best,
            "lr": self._learning_rate(epoch, self.loader.steps_per_epoch - 1),
            "alpha": self.model.alphas(),
            "tau": self.schedule.temperatures(epoch)[1]
            * (self.config.stability.soften_factor if guard_state == "softened" else 1.0),
            "phase": "hard" if self.schedule.is_hard(epoch) else "soft",
            "frozen": sorted(frozen),
            "guard": guard_state,
            "guard_fired": fired,
            "seconds": seconds,
            "images_per_second": images / seconds,
        }
        if self.fabric.is_global_zero:
            self.folder.append_metrics(row)
        if fired:
            self.display.say(f"guard: accuracy fell to {monitor:.4f}; softening for {self.guard.softened_left} epochs")
        if is_best:
            self._save_weights("best")
        position.epoch, position.step, position.seconds = epoch + 1, 0, 0.0
        self.sums = self._new_sums()
        return row

    def _sum_over_processes(self, values: Tensor) -> Tensor:
        reduced = self.fabric.all_reduce(values, reduce_op="sum")
        return reduced if isinstance(reduced, Tensor) else values

    def _note(self, monitor: float, epoch: int) -> bool:
        position = self.position
        if monitor > position.reference + self.config.training.min_delta:
            position.reference, position.epochs_without_gain = monitor, 0
        else:
            position.epochs_without_gain += 1
        # Of equal epochs the later: its learning rate was lower.
        if monitor < position.best:
            return False
        position.best, position.best_epoch = monitor, epoch
        return True

    def evaluated_model(self) -> LbpNet:
        """Return a copy of the network with the weights that are evaluated and saved (averaged or raw)."""
        model = copy.deepcopy(self.model)
        if self.average is not None:
            model.load_state_dict(self.average.tensors)
        return model

    def _validate(self, epoch: int) -> tuple[float, float] | None:
        if self.val is None:
            return None
        result = (0.0, 0.0)
        if self.fabric.is_global_zero:
            evaluation = evaluate(self.evaluated_model(), self.val, path=self.schedule.path(epoch))
            result = (evaluation.loss, evaluation.accuracy)
        return self.fabric.broadcast(result)

    def _save_weights(self, kind: str) -> None:
        if not self.fabric.is_global_zero:
            return
        # Training accuracy, which chooses `best` where nothing is held out, is that of the raw weights.
        averaged = self.average is not None and not (kind == "best" and self.val is None)
        save_checkpoint(
            self.folder.checkpoint(kind),
            (self.evaluated_model() if averaged else self.model).state_dict(),
            config=self.config,
            header={
                "kind": kind,
                "weights": "ema" if averaged else "raw",
                "epoch": self.position.best_epoch if kind == "best" else self.position.epoch - 1,
            },
        )

    def _save_last(self) -> None:
        values = self._gather_sums()
        if not self.fabric.is_global_zero:
            return
        tensors = with_prefix("model", self.model.state_dict()) | optimizer_tensors(self.optimizer)
        header: dict[str, Any] = {
            "kind": "last",
            "position": asdict(self.position),
            "guard": self.guard.state_dict(),
            "sums": values,
            "scaler": self.fabric.strategy.precision.state_dict(),
            "average_steps": None,
            "world_size": self.fabric.world_size,
            "kernels": instruction_set(),
        }
        if self.average is not None:
            tensors |= with_prefix("average", self.average.tensors)
            header["average_steps"] = self.average.steps
        save_checkpoint(self.folder.checkpoint("last"), tensors, config=self.config, header=header)

    def _gather_sums(self) -> list[list[float]]:
        if self.fabric.world_size == 1:
            return [self.sums.values.tolist()]
        gathered = self.fabric.all_gather(self.sums.values)
        return gathered.view(self.fabric.world_size, -1).tolist() if isinstance(gathered, Tensor) else []

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continue from a `last` checkpoint, as if the training had never stopped.

        Raises:
            CheckpointError: its weights are of another network.
        """
        origin, header = str(self.folder.checkpoint("last")), checkpoint.header
        load_weights(self.model, without_prefix("model", checkpoint.tensors), origin=origin)
        load_optimizer_tensors(self.optimizer, checkpoint.tensors)
        if self.average is not None:
            self.average.tensors = {
                k: v.to(self.fabric.device) for k, v in without_prefix("average", checkpoint.tensors).items()
            }
            self.average.steps = header["average_steps"]
        self.position = Position(**header["position"])
        self.guard.load_state_dict(header["guard"])
        self.fabric.strategy.precision.load_state_dict(header["scaler"])
        sums = torch.tensor(header["sums"][self.fabric.global_rank], dtype=self.sums.values.dtype)
        self.sums.values.copy_(sums)
        if self.fabric.is_global_zero:
            self.folder.keep_metrics_before(self.position.epoch)
