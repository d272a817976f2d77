"""The ranking page: its jobs, what it shows of a ranker, and its parts."""
