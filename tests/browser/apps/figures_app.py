"""The ASGI app that serves figures.py together with the scripts that they load."""

import streamlit as st

from ui.plotly_js import plotly_route
from ui.write_up.served import downloads_route

app = st.App("figures.py", routes=[plotly_route(), downloads_route()])
