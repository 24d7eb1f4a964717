"""What a result was made with: versions, machine, commit."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from ..ops import instruction_set
from ..processor import processor_name

_PACKAGES = ("lbpnet", "torch", "numpy", "lightning-fabric", "safetensors", "tyro", "pooch")


def describe_environment() -> dict[str, Any]:
    """Return versions, machine, commit and command line as plain values; unknown is `?`."""
    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": processor_name(),
            "cores": os.cpu_count(),
            "torch_threads": torch.get_num_threads(),
            "vector_extensions": torch.backends.cpu.get_cpu_capability(),
            "kernels": instruction_set() or "plain torch",
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        },
        "commit": _commit(),
        "command": " ".join(["lbpnet", *sys.argv[1:]]),
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "?"


def _commit() -> str:
    source = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=source,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "?"
    return done.stdout.strip()
