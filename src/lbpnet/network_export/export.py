"""Writing the ONNX export of a run whose network multiplies."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np

from ..data.load import image_size, load_dataset
from ..errors import ExportError
from ..export.folder import write_folder
from ..export.images import default_images
from ..export.manifest import Manifest
from ..export.names import DEFAULT_NAME, require_identifier
from ..export.onnx.packages import require_package
from ..export.onnx.write import fill_template, write_example
from ..lowering import multiplying_layers
from ..models.residual_lbpnet import ResidualLbpNet
from ..program import Input
from ..training import RunFolder, load_run_model
from ..training.data_record import require_same_data
from ..training.evaluate_run import default_checkpoint
from .verify import NETWORK_FOLDER

_CHECKED = 256


def export_network(run: str | Path, folder: str | Path, name: str | None = None) -> tuple[Manifest, list[str]]:
    """Write a folder with the ONNX model of a run's network, as evaluated: hard bits and gates, fp32.

    Beside it: the run's configuration and checkpoint, with which `verify_network` compares.

    Args:
        run: a run folder of family `residual`.
        folder: where; made where it is missing, else empty.
        name: of the network in files, as for `lbpnet.export.export`.

    Returns:
        The manifest, and lines that say that the network multiplies and how close the model is.

    Raises:
        ExportError: the network never multiplies, or an unusable name or folder.
        RunError, CheckpointError: no such run, its checkpoint is missing, or its images are others.
        VerificationError: the model is beyond the tolerance.
        MissingToolError: onnx or onnxruntime is not installed.
    """
    for package in ("onnx", "onnxruntime"):
        require_package(package)
    name = DEFAULT_NAME if name is None else require_identifier(name)
    source = RunFolder.open(Path(run))
    config = source.config()
    kind = default_checkpoint(config)
    network, _ = load_run_model(source, kind)
    if not isinstance(network, ResidualLbpNet):
        raise ExportError(
            f"{run}: this network never multiplies, so it is exported exactly: lbpnet freeze {run} -o {name}.lbp, then "
            f"lbpnet export {name}.lbp"
        )
    dataset = load_dataset(config.data)
    require_same_data(source, dataset, config.data)
    size, test = image_size(config.data), dataset.test.images
    sample = test[np.linspace(0, len(test) - 1, min(_CHECKED, len(test))).astype(np.int64)]
    images = np.concatenate([default_images(Input(config.data.in_channels, *size)), sample])
    lines = [f"this network multiplies: {'; '.join(sorted(set(_reasons(network))))}"]

    def write(stage: Path) -> None:
        from .compare import compare
        from .model import model_of

        file = stage / f"{name}.onnx"
        file.write_bytes(model_of(network, size, dataset.classes, name).SerializeToString(deterministic=True))
        (stage / NETWORK_FOLDER).mkdir()
        for original in (source.config_file, source.checkpoint(kind)):
            shutil.copyfile(original, stage / NETWORK_FOLDER / original.name)
        lines.append(str(compare(file, network, images)))
        words = {"name": name, "shape": ", ".join(map(str, images.shape[1:])), "measured": lines[-1]}
        words |= {"classes": str(network.head.classify.out_features), "reasons": f"T{lines[0][1:]}"}
        write_example(stage)
        template = files("lbpnet.network_export").joinpath("folder_files", "README.md")
        fill_template(template, stage / "README.md", words)

    manifest = write_folder(Path(folder), write, target="onnx", name=name, source="network")
    return manifest, lines


def _reasons(network: ResidualLbpNet) -> list[str]:
    """Return what multiplies, without the names of the layers."""
    return [layer.split(" (", 1)[1].rstrip(")") for layer in multiplying_layers(network)]
