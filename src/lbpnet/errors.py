"""Typed exceptions: each message says what was expected, what came and what to do."""

from __future__ import annotations


class LbpnetError(Exception):
    """Base of every error that lbpnet raises for its user; the command line prints it without a traceback."""

    exit_status: int = 1
    """What the command line exits with."""


class ConfigError(LbpnetError):
    """A configuration has a wrong name, type, value or combination; the message names the field."""


class DataError(LbpnetError):
    """A data set is missing, damaged, inconsistent or unusable; the message names the file."""


class ChecksumError(DataError):
    """A file's digest differs from the pinned one."""


class DownloadError(DataError):
    """No source delivered a file; the message lists each source with its reason."""


class CheckpointError(LbpnetError):
    """A checkpoint cannot be read, written or does not belong to this model."""


class RunError(LbpnetError):
    """A run folder is missing, incomplete or already in use."""


class KernelError(LbpnetError, ValueError):
    """An operation was given tensors of the wrong shape, dtype, device or range; the message names the argument."""


class ProgramError(LbpnetError, ValueError):
    """An integer program, or its file, breaks a rule of its format; the message names the node and the field."""


class ImageError(LbpnetError, ValueError):
    """Images do not fit a program: wrong dtype, shape or number of channels; the message says what was expected."""


class LoweringError(LbpnetError, ValueError):
    """A network has no integer program, or differs from it; the message names the layers or the first difference."""


class ExportError(LbpnetError, ValueError):
    """A program cannot be exported so, or a folder is no export or was changed; the message names the limit or file."""


class VerificationError(LbpnetError):
    """What an exported folder computes differs from its program; the message names the first image that differs."""


class MissingToolError(LbpnetError):
    """A tool that an export or its verification needs is not installed; the message names tool and package."""
