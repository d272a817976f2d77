"""One chart of the compare page."""

from __future__ import annotations

import pandas as pd

from ui.live_figure import Figure, live_figure


def show_figure(figure: Figure, key: str, height: int, caption: str, table: pd.DataFrame) -> None:
    """Draw it under a name of this page."""
    title: dict[str, str] = figure["layout"]["title"]
    live_figure(
        figure,
        key=f"compare_{key}",
        height=height,
        alt=f"{title['text']}. {caption}",
        filename=f"compare-{key.replace('_', '-')}",
        table=table,
        caption=caption,
    )
