"""The gallery that ships: whole, light, and true, made again but for what is measured."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from command_line.gallery import FIGURES_FILE, LARGEST, LARGEST_FOLDER
from command_line.page_run import app, run_page
from command_line.recipes import GALLERY, Recipe, filled, recipes
from engine.index import IVFPQ
from engine.progress import silent
from engine.scenario import Scenario
from tests.ui.conftest import SHARED

RECIPES = recipes()
HELD: dict[str, dict[str, str]] = json.loads((GALLERY / FIGURES_FILE).read_text("utf-8"))
OFF = 0.0015
"""What rounding, and the last bits of another processor, may change in a figure."""
OFF_BY_CODEBOOKS = 0.004
"""The same where vectors are stood for by PQ's codebooks, whose sums are of float32."""
PATIENCE_S = 240.0

each_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)


def text_of(recipe: Recipe) -> str:
    return (GALLERY / f"{recipe.name}.md").read_text("utf-8")


@each_recipe
def test_write_up_has_its_title_its_pictures_and_nothing_left_to_fill_in(recipe: Recipe) -> None:
    text = text_of(recipe)
    assert text.startswith(f"# {recipe.title}\n")
    pictures = re.findall(r"\]\(<?([^)>]+\.png)>?\)", text)
    assert len(pictures) == len(recipe.charts)
    for picture in pictures:
        assert (GALLERY / picture).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert not re.search(r"\{[^{}]*\|", text)


@each_recipe
def test_link_of_a_write_up_restores_its_view(recipe: Recipe) -> None:
    [link] = re.findall(r"<(http://localhost:8501/\S+)>", text_of(recipe))
    assert urlsplit(link).path == f"/{recipe.page}"
    scenario, repairs = Scenario.from_query(parse_qs(urlsplit(link).query))
    assert (scenario, repairs) == (recipe.scenario, [])


@each_recipe
def test_words_of_a_write_up_are_those_of_its_recipe(recipe: Recipe) -> None:
    text = " ".join(text_of(recipe).replace("\\", "").split())
    for words in re.split(r"\{[^{}]+\}", " ".join(recipe.words.split())):
        assert words.strip() in text
    for value in HELD[recipe.name].values():
        assert value in text


def test_gallery_is_light_and_whole() -> None:
    sizes = [path.stat().st_size for path in GALLERY.rglob("*") if path.is_file()]
    assert max(sizes) <= LARGEST
    assert sum(sizes) <= LARGEST_FOLDER
    assert set(HELD) == set(RECIPES)
    listed = re.findall(r"\]\((\w+)\.md\)", (GALLERY / "README.md").read_text("utf-8"))
    assert listed == list(RECIPES)


@pytest.fixture(scope="module")
def running() -> Iterator[None]:
    """The app's workshops, on the project's own cache: what ships is fitted there already."""
    for shared in SHARED:
        shared.cache_clear()
    with app():
        yield
    for shared in SHARED:
        shared.cache_clear()


@pytest.mark.slow
@each_recipe
def test_figures_that_are_not_measured_come_out_again(recipe: Recipe, running: None) -> None:
    if not HELD[recipe.name]:
        pytest.skip("all of its figures are measured")
    seen = run_page(recipe.page, recipe.scenario, PATIENCE_S, silent, with_times=False)
    document, simulated = filled(recipe, seen.document)
    held = HELD[recipe.name]
    off = OFF_BY_CODEBOOKS if isinstance(recipe.scenario.design.index, IVFPQ) else OFF
    assert simulated.keys() == held.keys()
    for name, value in simulated.items():
        assert without_numbers(value) == without_numbers(held[name]), name
        assert numbers(value) == pytest.approx(numbers(held[name]), rel=off, abs=off), name
    assert document.title == recipe.title


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"\d+(?:\.\d+)?", text)]


def without_numbers(text: str) -> str:
    return re.sub(r"\d+(?:\.\d+)?", "#", text)
