"""Runs an integer program: the NumPy reference, which defines it, and the native engine."""

from .classifier import Classifier as Classifier
from .classifier import load as load
from .extractor import Extractor as Extractor
from .native import Engine as Engine
from .native import NoEngineWarning as NoEngineWarning
from .plan import plan_program as plan_program
from .reference import reference_scores as reference_scores
from .reference import reference_values as reference_values
