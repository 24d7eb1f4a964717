"""Counts of operations, bytes and parameters; each figure names its convention."""

from .operations import Operations as Operations
from .operations import network_operations as network_operations
from .parameters import parameter_table as parameter_table
from .parameters import stored_bytes as stored_bytes
from .report import cost_report as cost_report
from .seed_convention import SeedCost as SeedCost
from .seed_convention import seed_cost as seed_cost
from .seed_convention import seed_cost_of as seed_cost_of
from .wacv_convention import WacvCost as WacvCost
from .wacv_convention import self_contained_bytes as self_contained_bytes
from .wacv_convention import wacv_cost as wacv_cost
