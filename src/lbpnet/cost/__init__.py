"""Counts of operations, bytes and parameters; each figure names its convention."""

from .gates import gate_equivalents as gate_equivalents
from .operations import Operations as Operations
from .operations import network_operations as network_operations
from .parameters import parameter_table as parameter_table
from .parameters import stored_bytes as stored_bytes
from .program_operations import program_operations as program_operations
from .program_operations import signed_digits as signed_digits
from .published_network import published_bytes as published_bytes
from .published_network import published_operations as published_operations
from .published_network import published_parameters as published_parameters
from .report import cost_report as cost_report
from .report import program_report as program_report
from .seed_convention import SeedCost as SeedCost
from .seed_convention import seed_cost as seed_cost
from .seed_convention import seed_cost_of as seed_cost_of
from .wacv_convention import WacvCost as WacvCost
from .wacv_convention import self_contained_bytes as self_contained_bytes
from .wacv_convention import wacv_convolution_cost as wacv_convolution_cost
from .wacv_convention import wacv_cost as wacv_cost
from .whole_convention import whole_cost as whole_cost
from .working_memory import MemoryPeak as MemoryPeak
from .working_memory import memory_peak as memory_peak
