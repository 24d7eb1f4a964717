"""`lbpnet freeze`: a run's integer program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from rich.console import Console

from ..errors import LoweringError
from ..program import blob_bytes, to_bytes

_CHECKED = 256


@dataclass(frozen=True)
class FreezeOptions:
    """Write the integer program of a run that never multiplies, as `lbpnet predict` runs it.

    Before anything is written, the network and its program are compared on test images and on extreme ones: every
    score must be equal.

    Example: lbpnet freeze runs/routed -o digits.lbp
    """

    run: tyro.conf.Positional[Path]
    """Run folder."""
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])]
    """Program to write (.lbp)."""
    checkpoint: Literal["best", "final"] | None = None
    """Which weights; default: best where there was a validation split, else final."""
    force: bool = False
    """Replace a file of that name."""


def main(argv: list[str]) -> int:
    """Run the verb."""
    options = tyro.cli(FreezeOptions, args=argv, prog="lbpnet freeze")
    if options.out.exists() and not options.force:
        raise LoweringError(f"{options.out}: already there; name another file, or replace it with --force")
    for line in freeze(options):
        Console(soft_wrap=True).print(line, highlight=False, markup=False)
    return 0


def freeze(options: FreezeOptions) -> list[str]:
    """Write a run's program; return lines that say what it is.

    Raises:
        LoweringError: the network multiplies, or its program differs from it.
        RunError: there is no such run, or its images are not those it was trained with.
        CheckpointError: the checkpoint is missing or damaged.
    """
    from ..data.atomic import write_atomically
    from ..data.load import image_size, load_dataset
    from ..lowering import extreme_images, lower, require_equal
    from ..training import RunFolder, load_run_model
    from ..training.data_record import require_same_data
    from ..training.evaluate_run import default_checkpoint

    folder = RunFolder.open(options.run)
    config = folder.config()
    kind = options.checkpoint or default_checkpoint(config)
    model, header = load_run_model(folder, kind)
    size = image_size(config.data)
    lower(model, size)  # refuses before data are looked for
    dataset = load_dataset(config.data)
    require_same_data(folder, dataset, config.data)
    program = lower(model, size, dataset.classes)
    test = dataset.test.images
    sample = test[np.linspace(0, len(test) - 1, min(_CHECKED, len(test))).astype(np.int64)]
    extreme = extreme_images(program)
    require_equal(model, program, np.concatenate([sample, extreme]))
    data = to_bytes(program)
    write_atomically(options.out, data)
    return [
        f"{options.out}: {len(data):,} bytes, of them {blob_bytes(program):,} tables",
        f"{kind}.safetensors, {header['weights']} weights, epoch {header['epoch'] + 1}",
        f"equal to the network on {len(sample):,} test images and {len(extreme)} extreme ones, score by score",
    ]
