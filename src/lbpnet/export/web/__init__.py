"""A page that runs a program in the browser, from a file, without a network."""

from .verify import PAGE_FILE as PAGE_FILE
from .verify import verify as verify
from .write import check as check
from .write import write as write
