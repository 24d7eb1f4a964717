"""LeNet-5 in torch and in ONNX Runtime: what a program's speed is compared with.

Convolutions 6 and 16 of 5x5 (the first padded), ReLU, 2x2 maxima, fully connected 120, 84, classes; fp32, one thread,
untrained: speed does not depend on the weights. Both take uint8 pixels and return classes, as a program does.

Source: LeCun et al. 1998, with today's ReLU and maxima for its tanh and averages.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.timing import Classify

Shape = tuple[int, int, int]
SMALLEST_SIDE = 12


def lenet_peers(shape: Shape, classes: int) -> dict[str, Classify | str]:
    """Return each peer, or why it is left out.

    Args:
        shape: (C, H, W) of the images.
        classes: number of classes.
    """
    builders = {
        "torch eager LeNet-5": (("torch",), torch_lenet),
        "ONNX Runtime LeNet-5": (("onnx", "onnxruntime"), onnx_lenet),
    }
    peers: dict[str, Classify | str] = {}
    for name, (packages, build) in builders.items():
        missing = [package for package in packages if find_spec(package) is None]
        if missing:
            peers[name] = f"needs {' and '.join(missing)}: pip install 'lbpnet[bench]'"
        elif min(shape[1:]) < SMALLEST_SIDE:
            peers[name] = f"takes images of at least {SMALLEST_SIDE} x {SMALLEST_SIDE} pixels"
        else:
            peers[name] = build(shape, classes)
    return peers


def torch_lenet(shape: Shape, classes: int) -> Classify:
    """Return LeNet-5 in eager torch; sets torch to one thread."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    side = _flat(shape)
    layers = [nn.Conv2d(shape[0], 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    layers += [nn.Linear(side, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes)]
    network = nn.Sequential(*layers).eval()

    def classify(images: NDArray[np.uint8]) -> NDArray[np.int64]:
        with torch.inference_mode():
            return network(torch.from_numpy(images).float() / 255).argmax(1).numpy()

    return classify


def onnx_lenet(shape: Shape, classes: int) -> Classify:
    """Return LeNet-5 in ONNX Runtime on one CPU thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = lenet_graph(shape, classes)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def classify(images: NDArray[np.uint8]) -> Any:
        return session.run(None, {"images": images})[0]

    return classify


def lenet_graph(shape: Shape, classes: int) -> bytes:
    """Return LeNet-5 as an ONNX model from uint8 pixels to classes, for any batch."""
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    sizes = {"c1": (6, shape[0], 5, 5), "c2": (16, 6, 5, 5), "f1": (_flat(shape), 120), "f2": (120, 84)}
    sizes["f3"] = (84, classes)
    tensors = [numpy_helper.from_array(np.array(1 / 255, np.float32), "scale")]
    for name, size in sizes.items():
        bias = size[0] if len(size) == 4 else size[1]
        weights = 0.1 * random.standard_normal(size, np.float32)
        tensors.append(numpy_helper.from_array(weights, name))
        tensors.append(numpy_helper.from_array(np.zeros(bias, np.float32), f"b{name}"))
    node = helper.make_node
    nodes = [
        node("Cast", ["images"], ["x0"], to=TensorProto.FLOAT),
        node("Mul", ["x0", "scale"], ["x1"]),
        node("Conv", ["x1", "c1", "bc1"], ["x2"], pads=[2, 2, 2, 2]),
        node("Relu", ["x2"], ["x3"]),
        node("MaxPool", ["x3"], ["x4"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["x4", "c2", "bc2"], ["x5"]),
        node("Relu", ["x5"], ["x6"]),
        node("MaxPool", ["x6"], ["x7"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["x7"], ["x8"]),
        node("Gemm", ["x8", "f1", "bf1"], ["x9"]),
        node("Relu", ["x9"], ["x10"]),
        node("Gemm", ["x10", "f2", "bf2"], ["x11"]),
        node("Relu", ["x11"], ["x12"]),
        node("Gemm", ["x12", "f3", "bf3"], ["x13"]),
        node("ArgMax", ["x13"], ["classes"], axis=1, keepdims=0),
    ]
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["B", *shape])
    found = helper.make_tensor_value_info("classes", TensorProto.INT64, ["B"])
    graph = helper.make_graph(nodes, "LeNet-5", [images], [found], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def _flat(shape: Shape) -> int:
    height, width = ((side // 2 - 4) // 2 for side in shape[1:])
    return 16 * height * width
