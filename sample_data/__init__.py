"""The world that ships with the app; `README.md` describes it, `make` makes it again."""
