"""``gallery``: the finished write-ups in docs/gallery, made again from shipped data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from command_line.progress import progress_line
from engine.progress import within

_INTRODUCTION = """# Gallery

Finished write-ups of views that teach something, made from what ships by
`python -m engine gallery`. Each ends with the link that shows its view in the app, where every
choice can be moved. Simulated figures repeat, and a test works them out again; measured ones are of
the machine that a write-up names at its end. What a write-up is made of stands in a recipe beside
it, a `.toml` file: the link, the charts, and words whose figures are filled in from the page."""
FIGURES_FILE = "figures.json"
LARGEST, LARGEST_FOLDER = 150_000, 3_000_000
"""Bytes that one file of the gallery may hold, and all together."""
_PATIENCE_S = 900
_WIDEST, _POINTS = 720, 1.5
"""px of a picture, and its points a px: sharp, and light enough for a repository."""


@click.command(short_help="make the write-ups in docs/gallery again")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Another folder than docs/gallery, where the recipes are.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")  # fmt: skip
def gallery(names: tuple[str, ...], out: Path | None, quiet: bool) -> None:
    """Make the write-ups of the gallery again, or those named, from shipped data.

    Times in them are of this machine: run it where nothing else does.
    """
    from command_line.chromium import chromium
    from command_line.drawing import drawn
    from command_line.page_run import app, run_page
    from command_line.recipes import GALLERY, filled, recipes
    from command_line.rendering import markdown

    known = recipes()
    for name in names:
        if name not in known:
            raise click.UsageError(f"name={name!r}: must be one of {', '.join(known)}")
    folder = out or GALLERY
    chromium()  # before long work is done for nothing
    chosen = [known[name] for name in names or known]
    with progress_line(quiet) as progress, app():
        for place, recipe in enumerate(chosen):
            share = within(progress, place / len(chosen), (place + 1) / len(chosen))
            seen = run_page(recipe.page, recipe.scenario, _PATIENCE_S, share)
            if seen.awaited:
                raise RuntimeError(f"{recipe.name}: not known in time: {'; '.join(seen.awaited)}")
            document, simulated = filled(recipe, seen.document)
            widths = {key: min(width, _WIDEST) for key, width in seen.widths.items()}
            pictures = drawn(document.charts, widths, "light", _POINTS)
            _write(folder, recipe.name, markdown(document, pictures, recipe.name))
            _keep(folder, {recipe.name: simulated})
            click.echo(f"{recipe.name}.md")
    _list(folder, {name: recipe.title for name, recipe in known.items()})
    _check_sizes(folder)


def _write(folder: Path, name: str, files: Mapping[str, bytes]) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    for old in (folder / name).glob("*.png"):
        old.unlink()
    for file, content in files.items():
        (folder / (file or f"{name}.md")).write_bytes(content)


def _keep(folder: Path, figures: Mapping[str, Mapping[str, str]]) -> None:
    """Remember what the words say, so that a test can work it out again."""
    file = folder / FIGURES_FILE
    held = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    content = dict(sorted((held | dict(figures)).items()))
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _list(folder: Path, titles: Mapping[str, str]) -> None:
    """The page that leads to all of them."""
    lines = [f"- [{title}]({name}.md)" for name, title in titles.items()]
    text = f"{_INTRODUCTION}\n\n" + "\n".join(lines) + "\n"
    (folder / "README.md").write_text(text, encoding="utf-8")


def _check_sizes(folder: Path) -> None:
    sizes = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    for path, size in sizes.items():
        if size > LARGEST:
            raise RuntimeError(f"{path.name} holds {size:,} bytes: must be at most {LARGEST:,}")
    if sum(sizes.values()) > LARGEST_FOLDER:
        raise RuntimeError(f"{folder.name} holds more than {LARGEST_FOLDER:,} bytes")
