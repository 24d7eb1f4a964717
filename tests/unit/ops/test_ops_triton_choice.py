"""When the Triton kernels run, that nothing else needs Triton, and that they compile for a GPU without having one."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from lbpnet.errors import ConfigError
from lbpnet.ops import Comparison, Gates, Normalization, RoutedStages, compare, gated_stage, routed_stages
from lbpnet.ops.gpu_kernels import gpu_kernels, import_gpu_kernels
from lbpnet.ops.native import VARIABLE, NoKernelsWarning

PROPERTIES = Path(__file__).with_name("test_ops_triton.py")
HAS_TRITON = importlib.util.find_spec("triton") is not None
needs_triton = pytest.mark.skipif(not HAS_TRITON, reason="Triton is not installed")


@pytest.mark.skipif(
    os.environ.get("CI") != "true" or (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="only CI on Linux promises Triton",
)
def test_ci_has_triton() -> None:
    assert HAS_TRITON


@needs_triton
@pytest.mark.skipif(torch.cuda.is_available(), reason="they run on the GPU")
def test_kernels_equal_the_definitions_under_the_interpreter() -> None:
    # Triton decides on import whether it interprets: a process of its own.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:randomly", str(PROPERTIES)]
    environment = {**os.environ, "TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    expected = PROPERTIES.read_text(encoding="utf-8").count("\ndef test_")
    assert expected > 0 and f"{expected} passed in" in run.stdout, run.stdout


class Compiler:
    """Stands in for `launch`: compiles the kernel for what it was called with, and runs nothing."""

    def __init__(self) -> None:
        self.assembly: dict[str, str] = {}

    @staticmethod
    def type_of(value: Tensor | float | None) -> str:
        if isinstance(value, Tensor):
            return {torch.float32: "*fp32", torch.int32: "*i32"}[value.dtype]
        if value is None or (isinstance(value, int) and value == 1):
            return "constexpr"  # As the compiler does: a dimension of 1 is a constant.
        return "fp32" if isinstance(value, float) else "i32"

    def __call__(
        self, kernel: Any, tensors: tuple[Tensor | None, ...], numbers: tuple[Any, ...], programs: int, **how: Any
    ) -> None:
        compiler, backends = import_module("triton.compiler"), import_module("triton.backends.compiler")
        values = dict(zip(kernel.arg_names, (*tensors, *numbers, *how.values()), strict=True))
        assert list(values)[-len(how) :] == list(how)
        signature = {name: "constexpr" if name in how else self.type_of(value) for name, value in values.items()}
        constants = {name: value for name, value in values.items() if signature[name] == "constexpr"}
        source = compiler.ASTSource(kernel, signature, constants)
        compiled = compiler.compile(source, target=backends.GPUTarget("cuda", 80, 32))
        self.assembly[f"{kernel.fn.__name__} {constants}"] = compiled.asm["ptx"]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Compiler:
    """Every launch compiles."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    import_module("lbpnet.ops.gpu")
    compiler = Compiler()
    for name in ("compare", "project", "routed_stages"):
        monkeypatch.setattr(sys.modules[f"lbpnet.ops.gpu.{name}"], "launch", compiler)
    return compiler


@needs_triton
def test_every_kernel_compiles_for_a_gpu_and_uses_no_atomics(compiled: Compiler) -> None:
    gpu = import_module("lbpnet.ops.gpu")
    # One pixel makes every dimension a constant.
    for shape, groups, routed in (((2, 3, 20, 21), 1, False), ((2, 3, 20, 21), 3, True), ((1, 1, 1, 1), 1, False)):
        x, offsets = torch.zeros(shape, requires_grad=True), torch.zeros(groups, 2, 2, requires_grad=True)
        route = torch.zeros(2, dtype=torch.int32) if routed else None
        bits = gpu.compare_gpu(x, offsets, torch.tensor(0.3), window=5, hard=not routed, route=route)
        rows = torch.zeros(4, 2, dtype=torch.int32)
        maps, *_ = gpu.project_gpu(bits, rows, torch.zeros(4), torch.tensor(0.9), hard=routed, margin=1.0)
        maps.sum().backward()
    for code in ("bit_pack", "majority"):
        stages = RoutedStages((torch.zeros(2, 4, dtype=torch.int32),), 3, code, 0.3)
        x, positions = torch.zeros(2, 3, 20, 21, requires_grad=True), torch.zeros(2, 4, 2, requires_grad=True)
        gpu.routed_stages_gpu(x, [positions], stages).sum().backward()
    names = {name.split()[0] for name in compiled.assembly}
    assert len(names) == 9 and len(compiled.assembly) == 22
    for name, assembly in compiled.assembly.items():
        assert ".target sm_80" in assembly, name
        assert re.search(r"\b(atom|red)\.", assembly) is None, name


X = torch.rand(1, 2, 4, 5, generator=torch.Generator().manual_seed(0))
OFFSETS, ALPHA = torch.full((1, 2, 2), 0.25), torch.tensor(0.3)


@pytest.fixture
def as_if_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose CPU tensors belong to a GPU that Triton could run on."""
    monkeypatch.setattr("lbpnet.ops.gpu_kernels.DEVICE_TYPE", "cpu")
    import_gpu_kernels.cache_clear()
    yield
    import_gpu_kernels.cache_clear()


@pytest.fixture
def no_triton(as_if_on_a_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """... and where Triton is missing."""

    def missing(name: str) -> None:
        raise ImportError("No module named 'triton'")

    monkeypatch.setattr("lbpnet.ops.gpu_kernels.import_module", missing)


@pytest.mark.usefixtures("no_triton")
def test_without_triton_one_warning_is_given_and_the_others_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.warns(NoKernelsWarning, match=r"No module named 'triton'.*lbpnet\[gpu\]") as caught:
        first = compare(X, OFFSETS, ALPHA, window=3, hard=True)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(compare(X, OFFSETS, ALPHA, window=3, hard=True), first)


@pytest.mark.usefixtures("as_if_on_a_gpu")
def test_off_turns_them_off_and_a_name_of_a_cpu_does_not(
    instruction_sets: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lbpnet.ops.gpu_kernels.import_module", lambda name: sys)
    for value in ("auto", *instruction_sets):
        monkeypatch.setenv(VARIABLE, value)
        assert gpu_kernels(X) is sys
    assert gpu_kernels(X[:0]) is None and gpu_kernels(X.to("meta")) is None
    monkeypatch.setenv(VARIABLE, "off")
    assert gpu_kernels(X) is None
    monkeypatch.setenv(VARIABLE, "mmx")
    with pytest.raises(ConfigError, match="LBPNET_KERNELS: expected auto, off or one of"):
        gpu_kernels(X)


@pytest.fixture
def without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets meta tensors stand for those of a GPU: whoever asks for a value of theirs raises."""
    monkeypatch.delenv(VARIABLE, raising=False)
    # Autocast does not know that device.
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())


def stage_without_values() -> tuple[Tensor, Tensor]:
    """A gated stage, its maps and input."""
    shapes = (2, 3, 4, 6), (4, 3), (4,), ()
    x, residual, one, scalar = (torch.zeros(shape, device="meta") for shape in shapes)
    x.requires_grad_()
    how = Comparison(OFFSETS.to("meta"), scalar, 3)
    gates = Gates(torch.zeros(4, 2, dtype=torch.int32, device="meta"), one, scalar)
    return gated_stage(x, residual, how, gates, Normalization(one, one, scalar, 1e-5), pool=True).maps, x


@pytest.mark.usefixtures("without_values")
def test_a_gated_stage_that_is_not_on_the_cpu_runs_the_ops_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    composed = []
    stage = sys.modules["lbpnet.ops.gated_stage"]
    for name in ("compare", "project_routed"):
        original = getattr(stage, name)
        monkeypatch.setattr(stage, name, lambda *a, f=original, n=name, **k: (composed.append(n), f(*a, **k))[1])
    maps, _ = stage_without_values()
    assert maps.shape == (2, 4, 2, 3) and composed == ["compare", "project_routed"]


@needs_triton
@pytest.mark.usefixtures("without_values")
def test_the_kernels_wait_for_no_value_of_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    launched = []
    monkeypatch.setattr("lbpnet.ops.gpu_kernels.DEVICE_TYPE", "meta")
    import_module("lbpnet.ops.gpu")
    for name in ("compare", "project", "routed_stages"):
        module = sys.modules[f"lbpnet.ops.gpu.{name}"]
        monkeypatch.setattr(module, "launch", lambda kernel, *_, **__: launched.append(kernel.fn.__name__))
    maps, x = stage_without_values()
    stages = RoutedStages((torch.zeros(2, 4, dtype=torch.int32, device="meta"),), 3, "count", 0.3)
    routed = routed_stages(x, [torch.zeros(2, 4, 2, device="meta", requires_grad=True)], stages)
    assert launched == ["compare_forward", "project_forward", "routed_forward"]
    (maps.sum() + routed.sum()).backward()
    assert len(launched) == 8 and x.grad is not None and x.grad.shape == x.shape


def test_the_cpu_never_needs_triton() -> None:
    script = """
import sys
sys.modules["triton"] = None
import torch
from lbpnet.ops import *
x = torch.rand(1, 2, 4, 5, requires_grad=True)
bits = compare(x, torch.zeros(1, 2, 2), torch.tensor(0.3), window=3, hard=True)
maps = project_routed(bits, torch.zeros(3, 2, dtype=torch.int32), torch.zeros(3), torch.tensor(0.9), hard=True).maps
stages = RoutedStages((torch.zeros(2, 4, dtype=torch.int32),), 3, "count", 0.3)
(maps.sum() + routed_stages(x, [torch.zeros(2, 4, 2)], stages).sum()).backward()
assert "lbpnet.ops.gpu" not in sys.modules and x.grad is not None
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)
