"""An ONNX graph under construction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper


class Graph:
    """Nodes and constants, named as they come; equal constants are stored once."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._tensors: list[TensorProto] = []

    def constant(self, values: ArrayLike, dtype: type[np.generic] = np.int64) -> str:
        """Return the name of a constant."""
        array = np.asarray(values, dtype=dtype, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = f"constant{len(self._constants)}"
            self._tensors.append(numpy_helper.from_array(array, self._constants[key]))
        return self._constants[key]

    def add(self, operator: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """Append a node; return the name of its output."""
        output = name or f"{operator.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output

    def cast(self, source: str, dtype: type[np.generic]) -> str:
        """Append a Cast."""
        return self.add("Cast", source, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def slice(self, source: str, **ranges: tuple[int, int]) -> str:
        """Append a Slice of rows (axis 2) `y` and columns (axis 3) `x`, each [start, end)."""
        axes = [{"y": 2, "x": 3}[axis] for axis in ranges]
        starts, ends = zip(*ranges.values(), strict=True)
        return self.add("Slice", source, *(self.constant(values) for values in (starts, ends, axes)))

    def gather(self, source: str, index: NDArray[np.integer]) -> str:
        """Append a Gather of channels (axis 1)."""
        return self.add("Gather", source, self.constant(index, np.int32), axis=1)

    def concat(self, sources: list[str], axis: int = 1) -> str:
        """Append a Concat, where there is more than one source."""
        return sources[0] if len(sources) == 1 else self.add("Concat", *sources, axis=axis)

    def finish(self, name: str, inputs: list[ValueInfoProto], outputs: list[ValueInfoProto]) -> GraphProto:
        """Return the graph."""
        return helper.make_graph(self._nodes, name, inputs, outputs, self._tensors)
