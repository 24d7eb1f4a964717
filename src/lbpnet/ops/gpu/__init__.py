"""Triton kernels of the ops for CUDA tensors; needs Triton, so only `gpu_kernels` imports it.

One program computes one block of pixels of one output plane. Sums over pixels are stored block by block and added by
torch: nothing uses atomics, so equal inputs give equal bytes.
"""

from .compare import compare_gpu as compare_gpu
from .project import project_gpu as project_gpu
from .routed_stages import routed_stages_gpu as routed_stages_gpu
