"""What each field of the data, the seeds and the device means, in both languages."""

from __future__ import annotations

from .bilingual import Text

DATA_FIELDS: dict[str, Text] = {
    "data.dataset": Text(
        "数据集名称；`npz` 与 `folder` 配合 `root` 读取自己的图像。",
        "Name of the data set; `npz` and `folder` read your own images from `root`.",
    ),
    "data.root": Text(
        "直接读取的文件夹或 .npz 文件；`None` 表示使用缓存。",
        "Folder or .npz file to read from; `None` uses the cache.",
    ),
    "data.image_size": Text(
        "网络看到的行数与列数；尺寸不同的图像会被缩放。",
        "Rows and columns that the network sees; images of another size are resized.",
    ),
    "data.in_channels": Text(
        "输入通道数：灰度或彩色；不符的图像会被转换。",
        "Input channels, grey or colour; images that differ are converted.",
    ),
    "data.val_size": Text(
        "从训练集中留出的验证图像数；为零则全部用于训练，此时监控的是训练准确率。",
        "Training images held out for validation; at zero all of them train and the monitored "
        "accuracy is the training accuracy.",
    ),
    "data.split_seed": Text(
        "划分验证集（以及抽取 `train_limit`）的种子。",
        "Seed of the validation split, and of the draw for `train_limit`.",
    ),
    "data.stratified": Text(
        "每一类按相同比例留出。",
        "Holds out the same share of every class.",
    ),
    "data.train_limit": Text(
        "只用这么多训练图像；`None` 表示全部。",
        "Uses only this many training images; `None` uses all.",
    ),
    "data.num_workers": Text(
        "提前准备批次的线程数；为零则在训练步内准备。",
        "Threads that prepare batches ahead; at zero the training step prepares its own.",
    ),
    "data.pin_memory": Text(
        "使用锁页内存，加快向 GPU 的拷贝；没有 GPU 时忽略。",
        "Page-locked batches for faster copies to a GPU; ignored without one.",
    ),
    "data.augment.shift": Text(
        "每个方向的最大整像素平移，空处补零。",
        "Largest whole-pixel shift in each direction, filled with zeros.",
    ),
    "data.augment.rotation": Text("最大旋转角（度）。", "Largest rotation, degrees."),
    "data.augment.scale": Text("最大相对缩放。", "Largest relative change of size."),
    "data.augment.shear": Text("最大错切角（度）。", "Largest shear, degrees."),
    "data.augment.elastic_alpha": Text(
        "弹性形变的强度（像素）。",
        "Strength of the elastic distortion, pixels.",
    ),
    "data.augment.elastic_sigma": Text(
        "弹性位移场的平滑尺度（像素）；强度为零时不起作用。",
        "Smoothing of the elastic displacement field, pixels; idle while the strength is zero.",
    ),
    "seed": Text(
        "初始权重、批次顺序、增强与 Dropout 的种子。",
        "Seed of initial weights, batch order, augmentation and dropout.",
    ),
    "deterministic": Text(
        "只用确定性算法：同样的种子得到同样的字节。",
        "Deterministic algorithms only: the same seed gives the same bytes.",
    ),
    "benchmark": Text(
        "让 cuDNN 实测后挑选算法：更快，但不可复现。",
        "Lets cuDNN choose its algorithms by timing: faster, not reproducible.",
    ),
    "device.accelerator": Text(
        "计算设备：`auto`、`cpu`、`cuda` 或 `mps`。",
        "Where it computes: `auto`, `cpu`, `cuda` or `mps`.",
    ),
    "device.devices": Text("进程数，每个设备一个。", "Processes, one a device."),
    "device.strategy": Text(
        "多进程方式：`auto` 或 `ddp`。",
        "How processes work together: `auto` or `ddp`.",
    ),
    "device.threads": Text(
        "每个进程的 torch 线程数；`None` 由 torch 决定。",
        "torch threads of a process; `None` leaves the choice to torch.",
    ),
}
