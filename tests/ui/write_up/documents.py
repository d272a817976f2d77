"""A document made by hand, and what a stranger might write into one."""

from __future__ import annotations

from datetime import UTC, datetime

from ui.write_up.document import (
    Chart,
    Document,
    Figure,
    Figures,
    Part,
    Provenance,
    Table,
    Words,
)

PAYLOADS = (
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 2'>",
    "\"><svg onload='window.hit = 3'>",
    "</title></style><script>window.hit = 4</script>",
    "[press](javascript:window.hit=5)",
    "![x](https://example.invalid/x.png)",
    "**bold** | cell\n\n# heading\n\n- item",
    "https://example.invalid/?a=1 www.example.invalid",
    "</details><iframe srcdoc='<script>parent.hit = 6</script>'></iframe>",
    "`code` <!-- comment",
    "&lt;b&gt; {{ 7 * 7 }} {% x %} ${1}",
)


def provenance(**changes: str) -> Provenance:
    """Of a design that was taken at a known time."""
    given = {"design": "mf → hnsw → 300 → gbdt", "seed": "7 (world)", "machine": "a CPU, 2 cores"}
    return Provenance(
        **(given | changes), taken_at=datetime(2026, 11, 26, 12, 0, tzinfo=UTC), version="0.1.0"
    )


def document(
    *parts: Part, title: str = "What does it cost?", link: str = "/two_stage?seed=7"
) -> Document:
    """Of these parts."""
    return Document(title, link, provenance(), parts)


def chart(key: str = "loss", text: str = "Where quality is lost") -> Chart:
    """With two rows behind it; `text` wherever there is one."""
    table = Table(text, ("stage", text), (("index", "0.0130"), (text, "0.2520")), (False, True))
    return Chart(key, text, "NDCG@10", text, f"A chart. {text}", "loss-by-stage", 300, "{}", table)


def full_of(text: str) -> Document:
    """A document that says `text` wherever a text goes."""
    return Document(
        title=text,
        link=text,
        provenance=provenance(design=text, seed=text, machine=text),
        parts=(
            Words(text),
            Words(text, "heading"),
            Words(text, "note"),
            Figures((Figure(text, text, text, text, text, text),)),
            chart(text=text),
            Table(text, ("a", text), ((text, "1"), ("b", text))),
        ),
    )
