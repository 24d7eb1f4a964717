"""Pure torch functions with their surrogate gradients; native kernels behind the same signatures."""

from .average_pool import average_pool as average_pool
from .compare import compare as compare
from .compare import compare_reference as compare_reference
from .gated_stage import Comparison as Comparison
from .gated_stage import GatedStage as GatedStage
from .gated_stage import Gates as Gates
from .gated_stage import Normalization as Normalization
from .gated_stage import gated_stage as gated_stage
from .max_pool import max_pool as max_pool
from .native import instruction_set as instruction_set
from .project import Projection as Projection
from .project import mix_channels as mix_channels
from .project import project_routed as project_routed
from .project import project_routed_reference as project_routed_reference
from .project import threshold as threshold
from .routed_stages import RoutedStages as RoutedStages
from .routed_stages import routed_stages as routed_stages
from .routed_stages import routed_stages_reference as routed_stages_reference
from .shrink_image import shrink_image as shrink_image
from .sign import sign as sign
from .step import step as step
from .sum_grid import sum_grid as sum_grid
from .sum_grid import window_bounds as window_bounds
from .taps import bilinear_taps as bilinear_taps
