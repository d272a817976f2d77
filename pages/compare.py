"""What did each choice change? Pinned designs side by side."""

import streamlit as st

from ui import session
from ui.compare.click_parts import show_click_designs
from ui.compare.empty import show_what_to_do
from ui.compare.parts import show_designs
from ui.copy_link import copy_link
from ui.pin_controls import pin_ads, pin_controls
from ui.write_up.controls import take_away
from ui.write_up.say import title

title("What did each choice change?")
session.show_repairs()
rail, main = st.columns([1, 4], gap="large")
with rail:
    pin_controls(session.scenario(), link=False)
    pin_ads(session.scenario().ads, link=False)
    copy_link()
    take_away("compare")
with main:
    show_what_to_do(session.scenario())
    show_designs(session.scenario())
    show_click_designs(session.scenario().ads)
