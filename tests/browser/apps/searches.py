"""Searches to try the component on: 20,000 items in themes, and three indexes over them."""

import numpy as np
import streamlit as st

from engine.index import HNSW, IVFPQ, Exact
from engine.search_walk import project, walk_through
from ui.search_walk import search_walk

ITEMS, THEMES = 20_000, 40
CONFIGS = {
    "hnsw": HNSW(M=16, ef_construction=100, ef_search=400),
    "ivfpq": IVFPQ(nlist=64, nprobe=12, m=8, nbits=6, refine=2),
    "exact": Exact(),
}


@st.cache_resource
def catalogue(items=ITEMS):
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(THEMES, 32)) * np.linspace(2, 0.4, 32)
    of_theme = rng.integers(THEMES, size=items)
    vectors = centres[of_theme] + 0.7 * rng.normal(size=(items, 32)) * np.linspace(1.5, 0.4, 32)
    queries = centres + 0.4 * rng.normal(size=centres.shape)
    return vectors.astype(np.float32), queries.astype(np.float32)


@st.cache_resource
def built(kind, items=ITEMS):
    return CONFIGS[kind].build(catalogue(items)[0], seed=3)


@st.cache_resource
def projected(items=ITEMS):
    return project(catalogue(items)[0])


def shown(kind, ef, k, query, items=ITEMS):
    """The walk of one search; what a test compares the page with."""
    index = built(kind, items)
    if kind == "hnsw":
        index = index.tuned(HNSW(M=16, ef_construction=100, ef_search=ef))
    return walk_through(index, catalogue(items)[1][query], k)


if __name__ == "__main__":
    st.set_page_config(layout="wide", page_title="Searches")
    with st.container(horizontal=True):
        kind = st.selectbox("Index", [*CONFIGS], key="kind", bind="query-params")
        ef = st.slider("ef", 10, 800, 100, step=10, key="ef", bind="query-params")
        k = st.slider("k", 1, 300, 50, key="k", bind="query-params")
        query = st.slider("Query", 0, THEMES - 1, 3, key="query", bind="query-params")
    search_walk(
        shown(kind, ef, k, query), projected(), key="walk", title=f"A search of {kind}",
        caption=f"made vectors · 32 dimensions · {CONFIGS[kind]}",
        names=[f"Title {item}" for item in range(ITEMS)],
    )  # fmt: skip
