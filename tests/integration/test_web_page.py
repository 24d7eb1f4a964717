"""The exported page in Chromium: real pointer, touch, key and drop events on real digits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import Page, open_browser
from PIL import Image
from random_programs import Size, random_program
from web_pages import NAMES, open_page, pad_box, read_page, require_reference, strokes, write_page

from lbpnet.data.embedded_digits import read_embedded
from lbpnet.data.picture_file import read_picture
from lbpnet.program import Program, load_program

DIGITS = tuple("0123456789")
TAB, ESCAPE, SPACE, ENTER = 9, 27, 32, 13
ARROWS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}


@pytest.fixture(scope="module")
def program() -> Program:
    return load_program("zoo:mnist-9k")


@pytest.fixture(scope="module")
def digits_page(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(program, tmp_path_factory.mktemp("web") / "digits", DIGITS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with open_browser() as page:
        yield page


@pytest.fixture
def page(browser: Page, digits_page: Path) -> Iterator[Page]:
    """The page of the digits; afterwards: nothing on the console, nothing asked for but the page."""
    browser.errors.clear()
    browser.requests.clear()
    browser.view(1280, 900)
    open_page(browser, digits_page)
    yield browser
    assert browser.errors == []
    assert len(browser.requests) >= 1
    assert [url for url in browser.requests if not url.startswith("file:///")] == []
    assert all(url.endswith(".html") for url in browser.requests)


def test_ten_drawn_digits_are_recognised_with_the_scores_of_the_reference(page: Page, program: Program) -> None:
    _, test = read_embedded()
    drawn, recognised = set(), 0
    for digit in range(10):
        image = test.images[int(np.flatnonzero(test.labels == digit)[0]), 0]
        kind = ("mouse", "pen", "touch")[digit % 3]
        page.draw(strokes(page, image), kind)
        shown = require_reference(page, program, DIGITS)
        recognised += shown.answer == str(digit)
        drawn.add(shown.pixels.tobytes())
        page.evaluate('document.getElementById("clear").click()')
        assert not read_after_clear(page).any()
    assert len(drawn) == 10
    assert recognised >= 9  # the pen is thicker than some of the digits


def read_after_clear(page: Page) -> np.ndarray:
    page.frames()
    assert page.evaluate('document.getElementById("answer").textContent') == "–"
    return np.array(page.evaluate("[...lbpnet.pixels]"))


def test_a_tap_draws_a_dot(page: Page) -> None:
    left, top, width, height = pad_box(page)
    for kind in ("mouse", "pen", "touch"):
        page.draw([[(left + width / 2, top + height / 2)]], kind)
        assert read_page_pixels(page).any(), kind
        page.evaluate('document.getElementById("clear").click()')
        assert not read_after_clear(page).any()


def test_a_drawn_digit_is_centred_and_scaled_as_in_mnist(page: Page, program: Program) -> None:
    left, top, width, height = pad_box(page)
    # A small one in a corner.
    page.draw([[(left + width * 0.1, top + height * 0.05), (left + width * 0.1, top + height * 0.3)]])
    pixels = read_page_pixels(page)
    rows, columns = np.nonzero(pixels)
    assert rows.max() - rows.min() + 1 == 20
    weights = pixels[rows, columns]
    assert abs(np.average(rows, weights=weights) - 13.5) <= 0.5
    assert abs(np.average(columns, weights=weights) - 13.5) <= 0.5
    require_reference(page, program, DIGITS)


def read_page_pixels(page: Page) -> np.ndarray:
    page.frames()
    return np.array(page.evaluate("[...lbpnet.pixels]")).reshape(28, 28)


def test_dropped_pictures_become_the_pixels_that_predict_gives_the_network(
    page: Page, program: Program, tmp_path: Path
) -> None:
    draw, compared = np.random.default_rng(1), 0
    for mode, size in (("L", (28, 28)), ("L", (91, 40)), ("RGB", (200, 333)), ("RGB", (5, 9)), ("1", (64, 64))):
        pixels = draw.integers(0, 256, (size[1], size[0], 3), np.uint8)
        file = tmp_path / f"{mode}-{size[0]}.png"
        Image.fromarray(pixels).convert(mode).save(file)
        left, top, width, height = pad_box(page)
        page.drop(file, left + width / 2, top + height / 2)
        page.wait(f'document.getElementById("status").textContent.startsWith("{file.name}")')
        shown = require_reference(page, program, DIGITS)
        assert np.array_equal(shown.pixels, read_picture(file, (28, 28), 1)), file.name
        compared += 1
    assert compared == 5


def test_a_chosen_picture_is_classified_and_can_be_inverted(page: Page, program: Program, tmp_path: Path) -> None:
    file = tmp_path / "seven.png"
    pixels = np.random.default_rng(2).integers(0, 256, (28, 28), np.uint8)
    Image.fromarray(pixels).save(file)
    document = page.call("DOM.getDocument")["root"]["nodeId"]
    chooser = page.call("DOM.querySelector", nodeId=document, selector="#file")["nodeId"]
    page.call("DOM.setFileInputFiles", files=[str(file)], nodeId=chooser)
    page.wait('document.getElementById("status").textContent.startsWith("seven.png")')
    assert np.array_equal(require_reference(page, program, DIGITS).pixels[0], pixels)
    page.evaluate('document.getElementById("invert").click()')
    assert np.array_equal(require_reference(page, program, DIGITS).pixels[0], 255 - pixels)


def test_what_is_no_picture_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "notes.png"
    file.write_text("no picture")
    left, top, width, height = pad_box(page)
    page.drop(file, left + width / 2, top + height / 2)
    page.wait('document.getElementById("status").textContent === "notes.png cannot be read as a picture."')
    assert page.evaluate('document.getElementById("answer").textContent') == "–"


def test_arrows_and_space_draw_and_escape_clears(page: Page, program: Program) -> None:
    page.press("Tab", TAB)
    assert page.evaluate("document.activeElement.id") == "pad"
    assert page.evaluate('getComputedStyle(document.getElementById("cursor")).display') == "block"
    page.press("ArrowUp", ARROWS["ArrowUp"])
    assert not read_page_pixels(page).any()  # the pen is up
    page.press(" ", SPACE, " ")
    for key, times in (("ArrowRight", 4), ("ArrowDown", 8), ("ArrowLeft", 3)):
        for _ in range(times):
            page.press(key, ARROWS[key])
    before = require_reference(page, program, DIGITS).pixels
    assert np.count_nonzero(before) > 40
    page.press(" ", SPACE, " ")
    page.press("ArrowLeft", ARROWS["ArrowLeft"])
    assert np.array_equal(read_page(page, program).pixels, before)  # the pen is up again
    page.press("Escape", ESCAPE)
    assert not read_after_clear(page).any()


def test_every_control_is_reached_by_tab_shows_focus_and_has_a_name(page: Page) -> None:
    names = []
    for _ in range(5):
        page.press("Tab", TAB)
        names.append(
            page.evaluate(
                """(({ id, ariaLabel, labels, textContent }) =>
                [id, ariaLabel || labels?.[0]?.textContent.trim() || textContent])(document.activeElement)"""
            )
        )
        outline = (
            """getComputedStyle(document.activeElement.closest(".button") ?? document.activeElement).outlineStyle"""
        )
        assert page.evaluate(outline) == "solid", names
    assert names == [
        ["pad", "Drawing pad"],
        ["clear", "Clear"],
        ["file", "Picture…"],
        ["centre", "Centre"],
        ["invert", "Invert"],
    ]


def test_the_page_is_never_wider_than_its_window(page: Page) -> None:
    left, top, width, height = pad_box(page)
    page.draw([[(left + 50, top + 50), (left + width - 50, top + height - 50)]])
    for width in (320, 375, 768, 1280):
        page.view(width, 800, mobile=width < 700, scale=2 if width < 700 else 1)
        page.frames(3)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_maps_light_up_and_the_time_is_measured(page: Page) -> None:
    def bright() -> list[int]:
        return page.evaluate(
            """[...document.querySelectorAll("#maps canvas")].map((canvas) => {
              const { width, height } = canvas, copy = new OffscreenCanvas(width, height).getContext("2d");
              copy.drawImage(canvas, 0, 0);
              const words = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
              return new Set(words.filter((word) => word >>> 24)).size;
            })"""
        )

    page.frames()
    assert bright() == [1] * 5  # input, shrunk, three stages: one shade
    left, top, width, height = pad_box(page)
    page.draw([[(left + 90, top + 50), (left + width - 120, top + height - 50)]])
    page.frames()
    assert min(bright()) > 3
    page.wait('document.getElementById("time").textContent !== "–"')
    assert float(page.evaluate('document.getElementById("time").textContent').replace(",", "")) > 0


def test_class_names_are_shown_as_they_are(browser: Page, program: Program, tmp_path: Path) -> None:
    browser.errors.clear()
    browser.view(375, 800, mobile=True)
    open_page(browser, write_page(program, tmp_path / "names", NAMES))
    left, top, width, height = pad_box(browser)
    browser.draw([[(left + 90, top + 50), (left + width - 120, top + height - 50)]], "touch")
    require_reference(browser, program, NAMES)
    assert browser.evaluate("document.documentElement.scrollWidth") <= 375
    assert browser.errors == []


def test_other_sizes_and_channels_work(browser: Page, tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(3).integers(0, 256, (60, 50, 3), np.uint8)).save(file)
    shapes = ((3, 17, 40), (2, 28, 11), (1, 40, 63))
    for channels, height, width in shapes:
        other = random_program(np.random.default_rng(channels), Size(channels, height, width, 3))
        classes = tuple(map(str, range(other.num_classes)))
        browser.errors.clear()
        browser.view(1280, 900)
        open_page(browser, write_page(other, tmp_path / f"{channels}"))
        left, top, wide, tall = pad_box(browser)
        browser.draw([[(left + wide * 0.2, top + tall * 0.2), (left + wide * 0.7, top + tall * 0.6)]])
        shown = require_reference(browser, other, classes)
        assert all(np.array_equal(plane, shown.pixels[0]) for plane in shown.pixels)
        browser.drop(file, left + wide / 2, top + tall / 2)
        if channels == 2:
            browser.wait('document.getElementById("status").textContent.includes("takes 2 channels")')
        else:
            browser.wait('document.getElementById("status").textContent.startsWith("picture.png")')
            shown = require_reference(browser, other, classes)
            assert np.array_equal(shown.pixels, read_picture(file, (height, width), channels))
        assert browser.errors == []
    assert len(shapes) == 3
