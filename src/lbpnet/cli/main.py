"""The command `lbpnet`: finds the verb's module and runs it."""

from __future__ import annotations

import os
import sys
import warnings
from dataclasses import dataclass
from importlib import import_module

from rich.console import Console
from rich.markup import escape

from .. import __version__
from ..config import nearest_hint
from ..errors import LbpnetError


@dataclass(frozen=True)
class Verb:
    """A verb: its module under `lbpnet.cli`, and what it does."""

    module: str
    summary: str


VERBS = {
    "ls": Verb("ls", "list the presets"),
    "show": Verb("show", "print a configuration, or a program's nodes"),
    "data": Verb("data", "fetch, list or show data sets"),
    "train": Verb("train", "train a preset, or resume a run"),
    "eval": Verb("evaluate", "evaluate a run on its forward paths"),
    "freeze": Verb("freeze", "write a run's integer program (.lbp)"),
    "predict": Verb("predict", "classify images with a program"),
    "export": Verb("export", "write a program as C, Verilog, ONNX or a web page"),
    "verify": Verb("verify", "prove that an export equals its program"),
    "zoo": Verb("zoo", "list, show or add the trained programs that ship with lbpnet"),
    "demo": Verb("demo", "serve a page that runs a program, to draw on"),
    "bench": Verb("bench", "measure a program's speed, beside its rivals"),
    "cost": Verb("cost", "count bytes and operations of a preset, run or program"),
    "explain": Verb("explain", "write the explained configuration, in English or Chinese"),
    "report": Verb("report", "write a run's HTML report"),
    "ablate": Verb("ablate", "train a table of variants, and write what all runs say"),
    "pareto": Verb("pareto", "set networks beside the published ones"),
    "results": Verb("results", "write the results of several runs as one document"),
}

_USAGE = """usage: lbpnet VERB [ARGUMENTS]

Image classifiers that never multiply.

{verbs}

lbpnet VERB --help explains a verb. Example:
  lbpnet train mnist_quick --training.epochs 2
"""


def usage() -> str:
    """Return the help text."""
    return _USAGE.format(verbs="\n".join(f"  {name:<8} {verb.summary}" for name, verb in VERBS.items()))


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit status (0 done, 1 our error, 2 usage, 130 interrupted)."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in ("-h", "--help"):
        sys.stdout.write(usage())
        return 0 if argv else 2
    if argv[0] == "--version":
        sys.stdout.write(f"lbpnet {__version__}\n")
        return 0
    name, rest = argv[0], argv[1:]
    if name not in VERBS:
        sys.stderr.write(f"lbpnet: no verb '{name}'{nearest_hint(name, VERBS)}\n")
        return 2
    # torch's OpenMP threads would wait at work, on the cores that our kernels' threads need; before torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        return _run(name, rest)


def _run(name: str, rest: list[str]) -> int:
    try:
        return int(import_module(f".{VERBS[name].module}", __package__).main(rest))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "lbpnet":
            raise
        return _fail(f"`lbpnet {name}` needs the package '{error.name}'; install with: pip install 'lbpnet[train]'", 1)
    except LbpnetError as error:
        return _fail(str(error), error.exit_status)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)


def _show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    """Show a warning as a user's line: where in our code it was raised helps nobody."""
    Console(stderr=True, soft_wrap=True).print(f"[bold yellow]lbpnet:[/] {escape(str(message))}", highlight=False)


def _fail(message: str, status: int) -> int:
    Console(stderr=True, soft_wrap=True).print(f"[bold red]lbpnet:[/] {escape(message)}", highlight=False)
    return status
