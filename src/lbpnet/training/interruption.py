"""Ctrl-C and SIGTERM stop a training after the current step."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

from ..errors import LbpnetError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class TrainingInterrupted(LbpnetError):
    """A signal stopped the training; a checkpoint to resume from was written."""

    exit_status = 130


class Interruption:
    """Context in which the first signal sets `requested`, and a second one acts at once."""

    def __init__(self) -> None:
        self.requested = False
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Interruption:
        # Python delivers signals to the main thread only, and lets no other set handlers.
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]
        self._previous = {}
