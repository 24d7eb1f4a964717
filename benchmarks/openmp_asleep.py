"""Lets torch's OpenMP threads sleep while they wait, as the command line does; to be imported before torch."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
