"""CIFAR-10 in its binary version: records of one label byte and 3072 pixel bytes, never pickle."""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path

import numpy as np

from lbpnet.data.dataset import ImageSet, check_labels
from lbpnet.errors import DataError

ARCHIVE = "cifar-10-binary.tar.gz"
TRAIN_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILE = "test_batch.bin"
RECORD = 1 + 3 * 32 * 32
# The published files hold 30,730,000 bytes each; more than this is not CIFAR-10.
LARGEST_FILE = 1 << 28


def read_cifar10(path: Path) -> tuple[ImageSet, ImageSet]:
    """Read training and test images (uint8, N x 3 x 32 x 32) from the archive or a folder.

    path: `cifar-10-binary.tar.gz`, a folder with the six .bin files, or one that holds either.
    Raises DataError naming the file that is missing, damaged or not whole records.
    """
    if path.is_dir():
        for folder in (path, path / "cifar-10-batches-bin"):
            if (folder / TEST_FILE).is_file():
                return _join({name: _read_file(folder / name) for name in _names()}, str(folder))
        path = path / ARCHIVE
    return _join(_read_archive(path), str(path))


def _names() -> tuple[str, ...]:
    return (*TRAIN_FILES, TEST_FILE)


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}); expected the six .bin files of "
            "CIFAR-10's binary version"
        ) from error


def _read_archive(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = member.name.rpartition("/")[2]
                if name not in _names() or not member.isfile():
                    continue
                stream = archive.extractfile(member)
                if stream is None or member.size > LARGEST_FILE:
                    raise DataError(f"{path}: {member.name} is no CIFAR-10 file; fetch it again")
                found[name] = stream.read()
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged archive ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}); expected {ARCHIVE} or a folder of the six .bin files"
        ) from error
    missing = [name for name in _names() if name not in found]
    if missing:
        raise DataError(f"{path}: expected the members {', '.join(missing)}, found none")
    return found


def _join(files: dict[str, bytes], origin: str) -> tuple[ImageSet, ImageSet]:
    batches = {name: _decode(data, f"{origin}: {name}") for name, data in files.items()}
    parts = [batches[name] for name in TRAIN_FILES]
    train = ImageSet(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
    return train, batches[TEST_FILE]


def _decode(data: bytes, name: str) -> ImageSet:
    if not data or len(data) % RECORD:
        raise DataError(
            f"{name}: expected whole records of {RECORD} bytes, got {len(data)} bytes; the file is "
            "truncated or not CIFAR-10's binary version"
        )
    records = np.frombuffer(data, dtype=np.uint8).reshape(-1, RECORD)
    labels = records[:, 0].astype(np.int64)
    check_labels(labels, 10, name)
    return ImageSet(np.ascontiguousarray(records[:, 1:]).reshape(-1, 3, 32, 32), labels)
