"""Classifies random images with the model beside this file; with a .npy file of images, those."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(next(Path(__file__).parent.glob("*.onnx")), providers=["CPUExecutionProvider"])
shape = session.get_inputs()[0].shape[1:]
if len(sys.argv) > 1:
    images = np.load(sys.argv[1]).astype(np.uint8).reshape(-1, *shape)
else:
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
scores, indices = map(np.asarray, session.run(None, {"image": images}))
names = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
for row, index in zip(scores, indices, strict=True):
    sys.stdout.write(f"{names[index] if names else index}\t{' '.join(map(str, row))}\n")
