"""Writing a file so that no reader, and no crash, ever sees half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from lbpnet.errors import DataError


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` beside `path` and rename it into place; the folder is made where it is missing.

    Raises DataError naming the path if the folder or the file cannot be written.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes private files; a cache may be shared between users of one machine.
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}); free space, or choose another "
            "folder (data sets are kept where LBPNET_DATA says)"
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
