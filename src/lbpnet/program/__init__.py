"""The frozen integer program: nodes, types, file, netlist. NumPy only."""

from .file import VERSION as VERSION
from .file import blob_bytes as blob_bytes
from .file import from_bytes as from_bytes
from .file import load_program as load_program
from .file import packed_bytes as packed_bytes
from .file import save_program as save_program
from .file import to_bytes as to_bytes
from .images import check_images as check_images
from .locate import is_program as is_program
from .locate import program_path as program_path
from .locate import short_name as short_name
from .locate import zoo_names as zoo_names
from .nodes import AddWeights as AddWeights
from .nodes import Argmax as Argmax
from .nodes import Compare as Compare
from .nodes import Encode as Encode
from .nodes import Input as Input
from .nodes import Join as Join
from .nodes import MaxPool as MaxPool
from .nodes import Node as Node
from .nodes import Shrink as Shrink
from .nodes import SumPool as SumPool
from .nodes import Table as Table
from .nodes import sources as sources
from .program import Program as Program
from .types import TensorType as TensorType
