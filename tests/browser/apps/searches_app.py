"""The ASGI app that serves searches.py together with the script that makes downloads."""

import streamlit as st

from ui.write_up.served import downloads_route

app = st.App("searches.py", routes=[downloads_route()])
