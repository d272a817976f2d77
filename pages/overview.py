"""What happens to one request? The first page: a request of one user, from catalogue to slate."""

import streamlit as st

from ui import session
from ui.overview import introduce, show_request, ways_in
from ui.waiting import fitted


@st.fragment(key=session.FIGURES)
def request() -> None:
    scenario = session.scenario()
    show_request(fitted(scenario), scenario)


st.title("What happens to one request?", anchor=False)
introduce(session.scenario())
session.show_repairs()
# Long work is awaited here first: a button in the fragment, such as the one that cancels it,
# would be heard only once the run of the whole page is over.
fitted(session.scenario())
request()
ways_in(session.scenario())
