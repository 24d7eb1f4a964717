"""The check that a model is valid and computes on integers alone, without a multiplication."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from ...errors import VerificationError

OPERATORS = frozenset(
    """Add ArgMax BitShift BitwiseOr Cast Concat Gather Greater GreaterOrEqual Max MaxPool Pad ReduceMax ReduceSum
    Reshape Slice Sub""".split()  # noqa: SIM905
)
_TYPES = {TensorProto.BOOL, TensorProto.UINT8, TensorProto.UINT32, TensorProto.INT32, TensorProto.INT64}


def require_integer_operators(file: Path) -> int:
    """Check a model's file; return how many operators it has.

    Raises:
        VerificationError: it is not valid, has an operator that is not in `OPERATORS`, or a tensor that is not of
            integers or bits.
    """
    try:
        model = onnx.shape_inference.infer_shapes(onnx.load(file), check_type=True, strict_mode=True)
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # protobuf's, the checker's and the inference's errors have no common base
        raise VerificationError(f"{file.name}: not a valid ONNX model: {error}") from error
    others = sorted({node.op_type for node in model.graph.node} - OPERATORS)
    if others:
        raise VerificationError(f"{file.name}: expected integer operators that do not multiply, got {others}")
    graph = model.graph
    types = {value.name: value.type.tensor_type.elem_type for value in (*graph.value_info, *graph.input, *graph.output)}
    types |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    for name in (output for node in graph.node for output in node.output):
        if types.get(name) not in _TYPES:
            got = helper.tensor_dtype_to_string(types[name]) if name in types else "an unknown type"
            raise VerificationError(f"{file.name}: {name}: expected integers or bits, got {got}")
    return len(graph.node)
