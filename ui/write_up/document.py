"""A page as a document, and as the two texts that can be taken away. Knows no Streamlit."""

from ui.write_up.html_page import as_html
from ui.write_up.markdown_page import as_markdown
from ui.write_up.parts import (
    Chart,
    Document,
    Figure,
    Figures,
    Part,
    Provenance,
    Table,
    Words,
)

__all__ = [
    "Chart",
    "Document",
    "Figure",
    "Figures",
    "Part",
    "Provenance",
    "Table",
    "Words",
    "as_html",
    "as_markdown",
]
