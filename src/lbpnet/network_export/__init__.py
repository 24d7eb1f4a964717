"""Networks that multiply, exported to ONNX from the torch model: equal within a float tolerance, not bit for bit."""

from .export import export_network as export_network
from .verify import image_shape as image_shape
from .verify import verify_network as verify_network
