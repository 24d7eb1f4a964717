"""What each field of the loop, the optimiser and their groups means, in both languages."""

from __future__ import annotations

from .bilingual import Text

_LOOP: dict[str, Text] = {
    "training.epochs": Text("遍历训练图像的轮数。", "Passes over the training images."),
    "training.schedule_epochs": Text(
        "书写各轮次字段时所用的总轮数；设置后，这些字段按 epochs / schedule_epochs 缩放，"
        "整轮字段向下取整；`None` 表示按原值使用。",
        "Length for which the epoch-number fields were written; when set, they scale by epochs / "
        "schedule_epochs, whole epochs rounded down; `None` takes them as written.",
    ),
    "training.batch_size": Text(
        "一步的图像数（所有进程合计）。",
        "Images in one step, over all processes.",
    ),
    "training.lr": Text(
        "基础学习率；每个参数组再乘以两级倍率。",
        "Base learning rate; each parameter group multiplies it by two levels of multipliers.",
    ),
    "training.weight_decay": Text(
        "基础权重衰减（与梯度解耦）；每组再乘以 `wd_mult`。",
        "Base weight decay, decoupled from the gradient; each group multiplies it by `wd_mult`.",
    ),
    "training.lr_scheduler": Text(
        "预热之后学习率的走势：`cosine` 或 `constant`，每步更新。",
        "Course of the learning rate after warm-up, `cosine` or `constant`, updated every step.",
    ),
    "training.min_lr": Text(
        "余弦终点处的基础学习率。",
        "Base learning rate at the end of the cosine.",
    ),
    "training.warmup_epochs": Text(
        "线性预热的轮数，可以是小数。",
        "Epochs of linear warm-up; a fraction is allowed.",
    ),
    "training.patience": Text(
        "被监控的准确率连续多少轮没有改进就停止；大于总轮数即关闭早停。",
        "Epochs without improvement of the monitored accuracy before training stops; more than "
        "the length of the run switches early stopping off.",
    ),
    "training.min_delta": Text(
        "算作改进的最小准确率增量（以比例计）。",
        "Smallest gain of accuracy, as a fraction, that counts as improvement.",
    ),
    "training.label_smoothing": Text(
        "标签平滑：从真实类移给全体类别的概率质量。",
        "Label smoothing: probability mass moved from the true class to all classes.",
    ),
    "training.amp": Text(
        "在硬件原生支持处用半精度自动混合计算（bf16 或 fp16），否则仍为 fp32。",
        "Half-precision autocast (bf16 or fp16) where the device computes it natively, fp32 elsewhere.",
    ),
}

_TEACHER: dict[str, Text] = {
    "training.distillation.teacher": Text(
        "教师的运行目录：用同样的图像训练出的任意一族网络；`None` 表示没有教师。教师看到的是同一批增强后的图像。",
        "Run folder of the teacher, a network of any family trained on the same images; `None`: no teacher. It sees "
        "the same augmented batch.",
    ),
    "training.distillation.temperature": Text(
        "温度 T：教师与本网络的 logits 都先除以它，KL 散度再乘以 T²。",
        "Temperature T: the logits of teacher and network are divided by it, and the divergence is multiplied by T².",
    ),
    "training.distillation.share": Text(
        "教师那一项在损失中所占的份额；其余来自标签的交叉熵。没有教师时不起作用。",
        "Share of the loss that comes from the teacher; the rest is the labels' cross-entropy. Without a teacher it "
        "does nothing.",
    ),
}

_OPTIMISER: dict[str, Text] = {
    "optim.type": Text(
        "`adamw`，或以 betas 的第一个值为动量的 `sgd`。",
        "`adamw`, or `sgd` whose momentum is the first of the betas.",
    ),
    "optim.betas": Text(
        "Adam 的两个矩的衰减率。",
        "Decay rates of Adam's two moments.",
    ),
    "optim.lr_mult.gates": Text("粗倍率：门偏置。", "Coarse multiplier: gate biases."),
    "optim.lr_mult.offsets": Text("粗倍率：采样偏移。", "Coarse multiplier: sampling offsets."),
    "optim.lr_mult.base": Text("粗倍率：其余参数。", "Coarse multiplier: everything else."),
    "optimizer_groups.lbp_offsets.lr_mult": Text(
        "采样偏移的细倍率，与 `optim.lr_mult.offsets` 相乘；让采样位置动得更快。",
        "Fine multiplier of the sampling offsets, times `optim.lr_mult.offsets`; lets the positions move faster.",
    ),
    "optimizer_groups.lbp_offsets.wd_mult": Text(
        "采样偏移的衰减倍率；为零则不会被拉回中心点。",
        "Decay multiplier of the sampling offsets; at zero nothing pulls them to the pivot.",
    ),
    "optimizer_groups.lbp_alpha.lr_mult": Text(
        "可学习温度因子的细倍率，与 `optim.lr_mult.base` 相乘。",
        "Fine multiplier of the learnable temperature factors, times `optim.lr_mult.base`.",
    ),
    "optimizer_groups.lbp_alpha.wd_mult": Text(
        "可学习温度因子的衰减倍率。",
        "Decay multiplier of the learnable temperature factors.",
    ),
    "optimizer_groups.rp_gates.lr_mult": Text(
        "门偏置的细倍率，与 `optim.lr_mult.gates` 相乘。",
        "Fine multiplier of the gate biases, times `optim.lr_mult.gates`.",
    ),
    "optimizer_groups.rp_gates.wd_mult": Text(
        "门偏置的衰减倍率；为零则偏置可以自由远离零点。",
        "Decay multiplier of the gate biases; at zero a bias may stay as far out as it likes.",
    ),
    "optimizer_groups.classification_head.lr_mult": Text(
        "分类头的细倍率，与 `optim.lr_mult.base` 相乘；头部收敛快，略放慢。",
        "Fine multiplier of the head, times `optim.lr_mult.base`; the head learns fast and is slowed a little.",
    ),
    "optimizer_groups.classification_head.wd_mult": Text(
        "分类头的衰减倍率。",
        "Decay multiplier of the head.",
    ),
    "optimizer_groups.lbp_channels.lr_mult": Text(
        "通道偏好的细倍率，与 `optim.lr_mult.base` 相乘；越大换通道越快。没有候选通道时不起作用。",
        "Fine multiplier of the preferences among channels, times `optim.lr_mult.base`; the larger, the sooner "
        "channels are exchanged. Without candidates it does nothing.",
    ),
    "optimizer_groups.lbp_channels.wd_mult": Text(
        "通道偏好的衰减倍率；大于零时偏好被拉向相等。",
        "Decay multiplier of the preferences among channels; above zero it pulls them towards each other.",
    ),
}

_OTHER: dict[str, Text] = {
    "gradient_clipping.enabled": Text(
        "限制全体参数的梯度范数，防止个别批次把训练带偏。",
        "Limits the global gradient norm, so that no single batch throws the training off.",
    ),
    "gradient_clipping.max_norm": Text(
        "允许的最大 L2 范数。",
        "Largest L2 norm allowed.",
    ),
    "ema.enable": Text(
        "评估并保存权重的滑动平均。",
        "Evaluates, and saves, a moving average of the weights.",
    ),
    "ema.decay": Text(
        "每步保留的旧平均值的份额。",
        "Share of the old average kept at each step.",
    ),
}

TRAINING_FIELDS: dict[str, Text] = {**_LOOP, **_TEACHER, **_OPTIMISER, **_OTHER}
