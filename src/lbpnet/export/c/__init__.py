"""Programs as C99 for hosts and microcontrollers: generated tables, a hand-written runtime."""

from .verify import verify as verify
from .write import check as check
from .write import write as write
