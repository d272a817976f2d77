"""Everything shared that knows Streamlit: the theme, figures, caches, controls, exports."""
