"""The two texts of a document: all of it is there, and nothing in it but what we wrote runs."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.write_up.documents import PAYLOADS, chart, document, full_of
from ui.write_up.document import Chart, Figure, Figures, Table, Words, as_html, as_markdown
from ui.write_up.markdown_page import escaped

OURS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "h1", "h2", "h3"),
    *("p", "ul", "li", "strong", "em", "code", "dl", "div", "dt", "dd", "figure", "figcaption"),
    *("span", "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "footer", "a"),
}


class Tags(HTMLParser):
    """Tags, attributes and text of a file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen_in_html(text: str) -> str:
    return " ".join(Tags(as_html(document(Words(text)), {})).text.split())


def test_html_holds_figures_with_interval_and_kind_pictures_tables_and_origin() -> None:
    figure = Figure("NDCG@10, true", "0.713", "± 0.012", "simulated", "an oracle scores 1", "+0.01")
    page = document(Words("**Most** is lost.\n\n- one\n- two"), Figures((figure,)), chart())
    html = as_html(page, {"loss": "<svg data-narrow></svg>"}, face="@font-face{}")
    text = Tags(html).text
    for told in (
        "0.713",
        "simulated ± 0.012",
        "an oracle scores 1",
        "+0.01",
        "0.2520",
        "/two_stage?seed=7",
    ):
        assert told in text
    for told in (
        "mf → hnsw → 300 → gbdt",
        "7 (world)",
        "a CPU, 2 cores",
        "2026-11-26 12:00 UTC",
        "Shortlist 0.1.0",
    ):
        assert told in text
    assert "<strong>Most</strong> is lost." in html
    assert "<ul><li>one</li><li>two</li></ul>" in html
    assert "<svg data-narrow></svg></div>" in html
    assert html.index("<style>@font-face{}") < html.index("<body>")


def test_html_has_no_script_and_a_policy_that_lets_none_run() -> None:
    html = as_html(full_of("x"), {})
    assert "<script" not in html
    assert "default-src 'none'" in html
    assert not re.search(r"\bon\w+=|src=|href=|url\(", html)


def test_a_chart_without_a_picture_shows_what_it_would_and_its_table() -> None:
    html = as_html(document(chart()), {})
    assert "A chart. Where quality is lost</p>" in html
    assert "<details open>" in html


def test_a_link_is_one_only_where_it_leads_somewhere_from_a_file() -> None:
    page = document(link="https://example.org/two_stage?seed=7&user=3")
    assert 'href="https://example.org/two_stage?seed=7&amp;user=3"' in as_html(page, {})
    assert "<https://example.org/two_stage?seed=7&user=3>" in as_markdown(page, {})
    for link in ("/two_stage?seed=7", "javascript:alert(1)", 'https://x/"onx="', "https://x/ y"):
        assert "href" not in as_html(document(link=link), {})
        assert f"<{link}>" not in as_markdown(document(link=link), {})


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_stranger_wrote_is_text_in_html(payload: str) -> None:
    found = Tags(as_html(full_of(payload), {}, face=""))
    assert set(found.tags) <= OURS
    assert {name for name, _ in found.attributes if name.startswith("on")} == set()
    assert found.text.count(payload.split()[0]) >= 8
    assert not any(name in ("href", "src", "srcdoc") for name, _ in found.attributes)


@given(st.text(max_size=60))
def test_any_text_comes_through_html_as_it_is(text: str) -> None:
    page = document(Table("t", ("a",), ((text,),)))
    parsed = Tags(as_html(page, {}))
    assert set(parsed.tags) <= OURS
    if not set(text) & set("\x00\r"):
        assert text in parsed.text


@given(st.text(max_size=60))
def test_no_mark_of_markdown_is_left_bare(text: str) -> None:
    line = escaped(text)
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", line)
    assert not set(bare) & set("`*_[]<>&|~$")
    assert not re.match(r"[-+#=]|\d+[.)](\s|$)", bare)
    assert "://" not in line
    assert "\n" not in line


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_stranger_wrote_is_text_in_markdown(payload: str) -> None:
    text = as_markdown(full_of(payload), {"loss": "pictures/loss.png"})
    ours = re.sub(r"</?details>|</?summary>|Data</summary>|\(<[^<>]*>\)", "", text)
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", ours)
    assert "<" not in bare
    assert "](" not in bare
    assert "://" not in bare
    assert not [line for line in bare.splitlines() if re.match(r"#+ *$|# heading", line)]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(re.fullmatch(r"\| .* \|", line) for line in rows)


def test_markdown_holds_headings_pictures_tables_and_origin() -> None:
    page = document(
        Words("The slate", "heading"),
        Words("Gains **+0.007 NDCG** by *going* on to `ef_search`."),
        Figures((Figure("NDCG@10", "0.713", "± 0.012", "simulated"),)),
        chart(),
    )
    text = as_markdown(page, {"loss": "pictures/loss.png"}, {"loss": "data/loss.csv"})
    for line in (
        "# What does it cost?",
        "## The slate",
        "Gains **+0.007 NDCG** by *going* on to `ef_search`.",
        "| figure | value | interval | kind |",
        "| NDCG@10 | 0.713 | ± 0.012 | simulated |",
        "### Where quality is lost",
        "![A chart. Where quality is lost](<pictures/loss.png>)",
        "| index | 0.0130 |",
        "[All points as CSV](<data/loss.csv>)",
        "- Seed: 7 (world)",
    ):
        assert line in text.splitlines(), line


def test_a_long_table_is_folded_behind_its_first_rows() -> None:
    rows = tuple((f"row {n}",) for n in range(40))
    for text in (
        as_html(document(Table("long", ("a",), rows)), {}),
        as_markdown(document(Table("long", ("a",), rows)), {}),
    ):
        first, _, rest = text.partition("<summary>30 more rows</summary>")
        assert "row 9" in first
        assert "row 10" not in first
        assert "row 39" in rest


def test_a_name_of_a_file_cannot_end_a_link() -> None:
    named = {"loss": "pictures/a> <script> (b).png"}
    line = as_markdown(document(chart()), named)
    assert "(<pictures/a%3E%20%3Cscript%3E%20%28b%29.png>)" in line


def test_charts_are_told_in_page_order() -> None:
    first, second = chart("b"), chart("a")
    page = document(first, Words("between"), second)
    assert page.charts == (first, second)
    assert all(isinstance(part, Chart) for part in page.charts)


def test_what_the_pages_say_in_bold_code_and_escapes_is_read_so() -> None:
    assert seen_in_html(r"**2 machines** at utilisation 0\.6: `ef` is *high*").endswith(
        "/two_stage?seed=7"
    )
    html = as_html(document(Words(r"**2 machines** at 0\.6 \* 3 * 4: `ef*` is *high*")), {})
    assert (
        "<p><strong>2 machines</strong> at 0.6 * 3 * 4: <code>ef*</code> is <em>high</em></p>"
        in html
    )
