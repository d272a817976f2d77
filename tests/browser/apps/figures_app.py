"""The ASGI app that serves figures.py together with the Plotly script."""

import streamlit as st

from ui.plotly_js import plotly_route

app = st.App("figures.py", routes=[plotly_route()])
