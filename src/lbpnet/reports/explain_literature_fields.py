"""What each field of the paper's network and of its baselines means, in both languages."""

from __future__ import annotations

from .bilingual import Text

_POOL = Text(
    "每张图沿每边划成这么多个窗口；分类头读取各窗口的平均值。",
    "Windows along each side of a map; the head reads the average over each.",
)

LITERATURE_FIELDS: dict[str, Text] = {
    "model.literature.kernels": Text(
        "各阶段的核数 K；阶段的输出与输入拼接。",
        "Kernels K of each stage; a stage's output is joined to its input.",
    ),
    "model.literature.points": Text(
        "每个核的采样点数 n；n 个比较位拼成一个 n 位整数。",
        "Sampling points n of a kernel; its n comparison bits make an n-bit integer.",
    ),
    "model.literature.window": Text(
        "采样窗口的边长（奇数，像素）；位置不会离开窗口，前向取整到像素。",
        "Odd side of the sampling window in pixels; positions stay inside and are whole pixels in the forward pass.",
    ),
    "model.literature.projection": Text(
        "`random`：每个点固定读取一个随机通道，移位 ReLU，拼接；`conv1x1`：论文的 LBPNet (1x1)，每核读取一个通道，"
        "再经可学习的 1×1 卷积与 ReLU 相加。",
        "`random`: each point reads one fixed random channel, shifted ReLU, concatenation; `conv1x1`: the paper's "
        "LBPNet (1x1), a kernel reads one channel, then a learned 1×1 convolution and ReLU, added to the input.",
    ),
    "model.literature.code": Text(
        "n 个位如何成为一张图：`bit_pack`（论文的）为 n 位整数再经移位 ReLU；`binary` 不经 ReLU。`conv1x1` 没有 ReLU，"
        "须为默认值。",
        "How n bits become a map: `bit_pack`, the paper's, makes an n-bit integer, then a shifted ReLU; `binary` has "
        "no ReLU. `conv1x1` has none: it keeps the default.",
    ),
    "model.literature.tau": Text(
        "比较的替代梯度的宽度，以图的取值范围为单位；不改变前向。",
        "Width of the comparison's surrogate gradient, in units of the maps; it leaves the forward pass alone.",
    ),
    "model.literature.seed": Text(
        "抽取每个点所读通道的种子；与 `seed` 无关。`conv1x1` 不抽取，须为默认值。",
        "Seed of the channel that each point reads, apart from `seed`. `conv1x1` draws none: it keeps the default.",
    ),
    "model.literature.pool": _POOL,
    "model.convolutional.channels": Text("各层的滤波器数。", "Filters of each layer."),
    "model.convolutional.window": Text("滤波器的边长（奇数，像素）。", "Odd side of a filter in pixels."),
    "model.convolutional.pool_at": Text(
        "在这些层之后图缩小一半：取每个 2×2 块的最大值。论文的基线没有。",
        "Layers after which maps are halved: the largest of each 2×2 block. The paper's baselines have none.",
    ),
    "model.convolutional.binary": Text(
        "为真时，前向中的权重与图都取符号（±1），梯度直通；否则为实数与 ReLU。",
        "If true, weights and maps are signs (±1) in the forward pass, gradients straight through; otherwise real "
        "numbers and ReLU.",
    ),
    "model.convolutional.pool": _POOL,
}
