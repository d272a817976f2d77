"""A document as files: HTML, Markdown with pictures, a zip of both, or one tall picture."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path

from command_line.chromium import dumped, photographed
from command_line.drawing import NARROW, Picture, Theme, drawn, font_face
from ui.write_up.document import Chart, Document, as_html, as_markdown

FORMS = (".html", ".md", ".zip", ".png")
PAGE_WIDTH = 1_200
POINTS = 2
"""Of a picture's px, so that it is sharp on paper."""
_MOST_POINTS = 16_000
"""Of a side of a picture that Chromium can take."""
_HEIGHT = re.compile(r'data-height="(\d+)"')
_MEASURING = (
    "<script>document.documentElement.dataset.height = "
    "Math.ceil(document.documentElement.getBoundingClientRect().height)</script>"
)
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


def written(document: Document, widths: Mapping[str, int], look: Theme, out: Path) -> list[Path]:
    """Write a document to a file whose ending says as what, and return all files written.

    Pictures of Markdown stand in a folder beside it, named like it.

    Raises
    ------
    ValueError : another ending.
    RuntimeError : Chromium is missing, or failed.
    OSError : a file cannot be written.
    """
    form = out.suffix.lower()
    if form not in FORMS:
        raise ValueError(f"out={out.name!r}: must end in one of {', '.join(FORMS)}")
    out.parent.mkdir(parents=True, exist_ok=True)
    if form == ".html":
        out.write_text(html(document, widths, look), encoding="utf-8")
        return [out]
    if form == ".png":
        photograph(html(document, widths, look), out)
        return [out]
    pictures = drawn(document.charts, widths, look, POINTS)
    folder = out.stem
    files = markdown(document, pictures, folder)
    if form == ".zip":
        out.write_bytes(_zipped(files | {f"{out.stem}.md": files.pop("")}))
        return [out]
    out.write_bytes(files.pop(""))
    for name, content in files.items():
        (out.parent / name).parent.mkdir(exist_ok=True)
        (out.parent / name).write_bytes(content)
    return [out, *(out.parent / name for name in files)]


def html(document: Document, widths: Mapping[str, int], look: Theme) -> str:
    """One HTML file that needs nothing beside it."""
    pictures = drawn(document.charts, widths, look)
    drawings = {chart.key: _told(chart) for chart in document.charts if not chart.figure_json}
    drawings |= {key: _marked(picture) for key, picture in pictures.items()}
    return as_html(document, drawings, theme=look, face=font_face())


def markdown(document: Document, pictures: Mapping[str, Picture], folder: str) -> dict[str, bytes]:
    """Name -> content of each picture in a folder, and the text itself under an empty name."""
    filenames = {chart.key: chart.filename for chart in document.charts}
    names = {key: f"{folder}/{filenames[key]}.png" for key in pictures}
    files = {names[key]: picture.png for key, picture in pictures.items()}
    return files | {"": as_markdown(document, names).encode()}


def photograph(page: str, out: Path) -> None:
    """One picture of a whole HTML page, however tall, as fine as Chromium can take it."""
    with tempfile.TemporaryDirectory(prefix="shortlist-") as folder:
        file = Path(folder) / "page.html"
        file.write_text(_POLICY.sub("", page).replace("</body>", f"{_MEASURING}</body>"), "utf-8")
        found = _HEIGHT.search(dumped(file, PAGE_WIDTH))
        if found is None:
            raise RuntimeError("Chromium could not tell how tall the page is")
        height = min(int(found[1]), _MOST_POINTS)
        file.write_text(page, "utf-8")
        picture = Path(folder) / "page.png"
        photographed(file, picture, PAGE_WIDTH, height, 2 if 2 * height <= _MOST_POINTS else 1)
        out.write_bytes(picture.read_bytes())


def chosen(document: Document, keys: tuple[str, ...]) -> Document:
    """The document with these charts alone, in page order; all other parts stay.

    Raises
    ------
    ValueError : a chart that the page does not show.
    """
    shown = [chart.key for chart in document.charts]
    for key in keys:
        if key not in shown:
            raise ValueError(f"chart={key!r}: must be one of {', '.join(shown)}")
    left_out = set(shown) - set(keys)
    parts = tuple(part for part in document.parts if getattr(part, "key", "") not in left_out)
    return replace(document, parts=parts)


def _told(chart: Chart) -> str:
    """What stands in the place of a picture that only the app can draw."""
    return f'<p class="note">{escape(chart.alt)} It can be played in the app.</p>'


def _marked(picture: Picture) -> str:
    """The drawing, marked where it is so narrow that two share a row."""
    narrow = " data-narrow" if picture.width < NARROW else ""
    return picture.svg.replace("<svg ", f"<svg{narrow} ", 1)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()
