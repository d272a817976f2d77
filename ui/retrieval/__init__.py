"""The retrieval page: its jobs, what it shows of a search, and its parts."""
