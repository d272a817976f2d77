"""What every page stands in: the navigation, the viewer's scenario, and the style sheet."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.lifespan import wait_for_imports

wait_for_imports()  # before the first of what they import

from ui import session  # noqa: E402
from ui.write_up import shown  # noqa: E402

ROOT = Path(__file__).parent.parent

# A file of our own: browsers fetch named icons from a host outside.
st.set_page_config(page_title="Shortlist", layout="wide", page_icon=ROOT / "ui" / "icon.svg")
st.logo(ROOT / "ui" / "logo.svg", size="large")

overview = st.Page(
    ROOT / "pages" / "overview.py", title="Overview", icon=":material/route:", default=True
)
two_stage = st.Page(
    ROOT / "pages" / "two_stage.py",
    title="Two-stage recommender",
    icon=":material/filter_alt:",
    url_path="two_stage",
)
retrieval = st.Page(
    ROOT / "pages" / "retrieval.py",
    title="Retrieval",
    icon=":material/search:",
    url_path="retrieval",
)
ranking = st.Page(
    ROOT / "pages" / "ranking.py",
    title="Ranking",
    icon=":material/format_list_numbered:",
    url_path="ranking",
)
ctr = st.Page(
    ROOT / "pages" / "ctr.py",
    title="Ad clicks",
    icon=":material/ads_click:",
    url_path="ctr",
)
compare = st.Page(
    ROOT / "pages" / "compare.py",
    title="Compare",
    icon=":material/compare:",
    url_path="compare",
)
session.open_link()
page = st.navigation(
    {
        "Start": [overview],
        "3 Model": [retrieval, ranking, two_stage, ctr],
        "Take away": [compare],
    },
    position="top",
)
st.html(ROOT / "ui" / "styles.css")
shown.begin(page.url_path)
page.run()
