"""What happens to one request? The first page: a request of one user, from catalogue to slate."""

import streamlit as st

from ui import session
from ui.overview import introduce, show_request, ways_in
from ui.pin_controls import pin_controls
from ui.waiting import fitted
from ui.write_up.controls import take_away
from ui.write_up.say import title

# No fragment: the links to other pages, above and below, go with the user who is looked at.
title("What happens to one request?")
introduce(session.scenario())
session.show_repairs()
take_away("overview")
show_request(fitted(session.scenario()), session.scenario())
with st.container(width=320):  # this page has no rail for them
    pin_controls(session.scenario())
ways_in(session.scenario())
