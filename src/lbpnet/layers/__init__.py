"""`nn.Module`s around the ops, one idea a file."""

from .convolutional_stack import BinaryConv2d as BinaryConv2d
from .convolutional_stack import ConvolutionalStack as ConvolutionalStack
from .forward_path import HARD as HARD
from .forward_path import HARD_ROUNDED as HARD_ROUNDED
from .forward_path import ForwardPath as ForwardPath
from .fusion import Conv1x1 as Conv1x1
from .fusion import LinearProjection as LinearProjection
from .fusion import RoutedProjection as RoutedProjection
from .head import MlpHead as MlpHead
from .hidden_head import HiddenHead as HiddenHead
from .integer_head import IntegerHead as IntegerHead
from .integer_head import IntegerWeights as IntegerWeights
from .mixed_lbp import MixedLbp as MixedLbp
from .residual_stage import ResidualStage as ResidualStage
from .residual_stage import StageOutput as StageOutput
from .routed_lbp import RoutedLbp as RoutedLbp
from .routed_lbp import StageIntegers as StageIntegers
from .shared_lbp import SharedLbp as SharedLbp
