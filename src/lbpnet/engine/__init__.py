"""Runs an integer program: the NumPy reference, which defines it, and the native engine."""

from .classifier import Classifier as Classifier
from .classifier import ReferenceRunner as ReferenceRunner
from .classifier import Runner as Runner
from .classifier import load as load
from .reference import reference_scores as reference_scores
from .reference import reference_values as reference_values
