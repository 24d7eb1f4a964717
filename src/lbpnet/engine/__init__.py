"""Runs an integer program: the NumPy reference, which defines it, and the native engine."""

from .reference import reference_scores as reference_scores
from .reference import reference_values as reference_values
