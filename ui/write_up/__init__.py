"""A page as a text of its own: what it shows, where that comes from, and how it is taken away."""
