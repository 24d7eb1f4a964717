"""What a person sees while a network trains."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class TrainingDisplay:
    """One progress bar for the running epoch, one line for each finished one."""

    def __init__(self, console: Console | None = None, *, quiet: bool = False) -> None:
        self.console = console or Console(quiet=quiet)
        self._progress: Progress | None = None
        self._task = TaskID(0)

    def say(self, text: str) -> None:
        """Print a line."""
        (self._progress.console if self._progress else self.console).print(
            text, highlight=False, markup=False, soft_wrap=True
        )

    def begin_epoch(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        """Show a bar for the epoch (on a terminal only)."""
        self._progress = Progress(
            TextColumn(f"epoch {epoch + 1}/{epochs}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}  loss {task.fields[loss]}"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._progress.start()
        self._task = self._progress.add_task("", total=steps, completed=done, loss="-")

    def step(self, loss: Any) -> None:
        """Advance the bar; `loss` is read only where a bar is shown."""
        if self._progress and not self._progress.disable:
            self._progress.update(self._task, advance=1, loss=f"{float(loss):.3f}")

    def end_epoch(self, row: dict[str, Any] | None, epochs: int) -> None:
        """Remove the bar and print the epoch's line, if it was finished."""
        if self._progress:
            self._progress.stop()
            self._progress = None
        if row is None:
            return
        parts = [
            f"epoch {row['epoch'] + 1:>3}/{epochs}",
            f"loss {row['train_loss']:.4f}",
            f"train {100 * row['train_accuracy']:.2f} %",
        ]
        if row["val_accuracy"] is not None:
            parts.append(f"val {100 * row['val_accuracy']:.2f} %")
        if row["alive_ratio"] is not None:
            parts.append(f"alive {row['alive_ratio']:.2f}")
        parts += [f"lr {row['lr']:.1e}", f"{row['seconds']:.1f} s"]
        if row["phase"] == "hard":
            parts.append("hard fine-tuning")
        if row["guard"] == "softened":
            parts.append("guard: softened")
        if row["is_best"]:
            parts.append("best")
        self.say("  ".join(parts))
