"""Parts of the page with small inputs and known answers."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from lbpnet.reports import Evaluation, Misclassified, PathResult
from lbpnet.reports.class_accuracy import class_accuracies
from lbpnet.reports.confusion import confusion_matrix
from lbpnet.reports.cost_figures import show_count, show_gops, show_operations
from lbpnet.reports.digits import misclassified_images
from lbpnet.reports.headline import wilson_interval
from lbpnet.reports.markdown_subset import markdown_to_html


def evaluation() -> Evaluation:
    confusion = np.array([[9, 1], [0, 0]], dtype=np.int64)
    result = PathResult(accuracy=0.9, loss=0.1, n=10, confusion=confusion, per_class=(0.9, None))
    return Evaluation(paths={"hard": result}, classes=("a", "b"), checkpoint="best", weights="ema")


def test_confusion_shows_counts_and_leaves_an_empty_class_empty() -> None:
    text = confusion_matrix(evaluation())
    assert '<td class="right strong" style="--depth:90%">9</td>' in text
    assert text.count('class="none"') == 2


def test_a_class_without_test_images_has_an_unknown_accuracy() -> None:
    text = class_accuracies(evaluation())
    assert '<span class="value">90.00%</span>' in text
    assert '<span class="value">?</span>' in text


@pytest.mark.parametrize("channels", [1, 3])
def test_images_come_back_from_the_page_pixel_by_pixel(channels: int) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, size=(1, channels, 5, 7), dtype=np.uint8)
    one = np.zeros(1, dtype=np.int64)
    text = misclassified_images(Misclassified(images, one, one + 1, np.ones(1), one), None)
    data = text.split("base64,")[1].split('"')[0]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    expected = images[0, 0] if channels == 1 else images[0].transpose(1, 2, 0)
    np.testing.assert_array_equal(pixels, expected)


def test_the_most_confident_mistake_comes_first() -> None:
    images = np.zeros((3, 1, 2, 2), dtype=np.uint8)
    order = np.arange(3)
    confidence = np.array([0.2, 0.9, 0.5])
    text = misclassified_images(Misclassified(images, order, order[::-1], confidence, order), None)
    assert [text.index(f"test image {i}") for i in (1, 2, 0)] == sorted(text.index(f"test image {i}") for i in range(3))


def test_no_mistake_is_a_sentence() -> None:
    none = np.zeros(0, dtype=np.int64)
    empty = Misclassified(np.zeros((0, 1, 2, 2), np.uint8), none, none, np.zeros(0), none)
    assert "no misclassified image" in misclassified_images(empty, None)


def test_wilson_interval_holds_the_share_and_stays_within_0_and_1() -> None:
    low, high = wilson_interval(0.9648, 10_000)
    assert (round(low, 4), round(high, 4)) == (0.9610, 0.9682)
    assert 0.92 < wilson_interval(1.0, 50)[0] < wilson_interval(1.0, 50)[1] <= 1.0
    assert wilson_interval(0.0, 0) == (0.0, 1.0)


def test_figures_print_with_separators_and_unknown_ones_as_a_question_mark() -> None:
    part = {"a": 5472, "b": 715.5, "c": None, "d": True, "gops": 0.000677376, "ops": {"add": 1234}}
    shown = [show_count(part, key) for key in ("a", "b", "c", "d", "missing")]
    assert shown == ["5,472", "715.5", "?", "?", "?"]
    assert (show_gops(part), show_gops(None)) == ("0.000677", "?")
    assert (show_operations(part), show_operations({})) == ("add 1,234", "?")


def test_markdown_becomes_headings_lists_bold_and_code_all_escaped() -> None:
    text = markdown_to_html("# A <x>\n\n- **a=`<i>`**: b & c\n- d\n\nend `e*f`")
    assert text.splitlines() == [
        "<h3>A &lt;x&gt;</h3>",
        "<ul>",
        "<li><b>a=<code>&lt;i&gt;</code></b>: b &amp; c</li>",
        "<li>d</li>",
        "</ul>",
        "<p>end <code>e*f</code></p>",
    ]
