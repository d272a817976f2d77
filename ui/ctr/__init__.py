"""The page of ad clicks: its jobs, what it shows of a click model, and its parts."""
