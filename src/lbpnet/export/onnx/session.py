"""The comparison of an exported model in ONNX Runtime with the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...engine import reference_scores
from ...errors import VerificationError
from ...program import Program
from ..compare import require_equal_scores
from .packages import require_package

_SINGLE, _BATCH = 3, 256


def verify(folder: Path, program: Program, images: NDArray[np.uint8]) -> list[str]:
    """Run a folder's model on every image, in batches and singly the first few; see `Backend.verify`.

    Raises:
        VerificationError: the model is not valid ONNX of integer operators, cannot be run, or differs.
        MissingToolError: onnx or onnxruntime is not installed.
    """
    require_package("onnx")
    require_package("onnxruntime")
    import onnxruntime

    from .audit import require_integer_operators

    models = sorted(folder.glob("*.onnx"))
    if len(models) != 1:
        raise VerificationError(f"onnx: expected one model, got {[file.name for file in models]}; export it again")
    file = models[0]
    operators = require_integer_operators(file)
    expected = reference_scores(program, images)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    version = onnxruntime.__version__
    try:
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        parts = [session.run(["scores", "class"], {"image": part}) for part in _batches(images)]
    except Exception as error:  # ONNX Runtime's errors have no common base of their own
        raise VerificationError(f"{file.name}: ONNX Runtime {version} cannot run it: {error}") from error
    scores, classes = (np.concatenate(part) for part in zip(*parts, strict=True))
    require_equal_scores(f"ONNX Runtime {version}", expected, scores, classes)
    return [
        f"{file.name}: {file.stat().st_size:,} bytes, valid, {operators} operators, all on integers, none multiplies",
        f"ONNX Runtime {version}, CPU: batches of 1 and of up to {_BATCH}",
    ]


def _batches(images: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    single = [images[i : i + 1] for i in range(min(_SINGLE, len(images)))]
    return single + [images[i : i + _BATCH] for i in range(_SINGLE, len(images), _BATCH)]
