"""What happens to one request? The first page: a request of one user, from catalogue to slate."""

import streamlit as st

from ui import session
from ui.overview import introduce, show_request, ways_in
from ui.waiting import fitted

# No fragment: the links to other pages, above and below, go with the user who is looked at.
st.title("What happens to one request?", anchor=False)
introduce(session.scenario())
session.show_repairs()
show_request(fitted(session.scenario()), session.scenario())
ways_in(session.scenario())
