"""Reports: the explained configuration and one page a run; never trains, never measures."""

from .bilingual import Lang as Lang
from .explain import explain as explain
from .explain_fields import EXPLANATIONS as EXPLANATIONS
from .page import render_report as render_report
from .results_page import results_page as results_page
from .run_files import read_run as read_run
from .run_results import EpochRecord as EpochRecord
from .run_results import Evaluation as Evaluation
from .run_results import Misclassified as Misclassified
from .run_results import PathResult as PathResult
from .run_results import RunResults as RunResults
