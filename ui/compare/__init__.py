"""Pinned designs side by side."""
