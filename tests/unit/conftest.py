"""Small tensors everywhere in the unit tests."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
import torch

from lbpnet.ops.native import NoKernelsWarning, kernel_module


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors: torch's threads would only wait for each other. A machine without kernels has warned already."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoKernelsWarning)
        kernel_module()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
