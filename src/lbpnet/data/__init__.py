"""Images: readers, download with pinned digests, splits. Knows no model.

Nothing here imports torch; `lbpnet.data.augment`, `lbpnet.data.loader` and `lbpnet.data.resize` do
and are imported by their full names.
"""

from lbpnet.data.dataset import Dataset as Dataset
from lbpnet.data.dataset import ImageSet as ImageSet
from lbpnet.data.hold_out import hold_out as hold_out
from lbpnet.data.idx import read_idx as read_idx
from lbpnet.data.idx import write_idx as write_idx
from lbpnet.data.load import EmbeddedDigitsWarning as EmbeddedDigitsWarning
from lbpnet.data.load import load_dataset as load_dataset
from lbpnet.data.sources import SOURCES as SOURCES
from lbpnet.data.sources import DatasetSource as DatasetSource
from lbpnet.data.sources import find_source as find_source
from lbpnet.data.split import split_train as split_train
