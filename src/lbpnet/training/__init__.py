"""The one training loop and what surrounds it."""

from .evaluate_run import evaluate_run as evaluate_run
from .evaluate_run import load_run_model as load_run_model
from .interruption import TrainingInterrupted as TrainingInterrupted
from .progress import TrainingDisplay as TrainingDisplay
from .run_folder import RunFolder as RunFolder
from .run_folder import free_run_path as free_run_path
from .schedule import Schedule as Schedule
from .train_run import train_run as train_run
