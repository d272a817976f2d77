"""Make the click log that ships with the app: ``python -m sample_data.make_clicks``."""

from engine.clicks.log import make_clicks
from engine.clicks.sample import SAMPLE_CLICKS, SAMPLE_CONFIG
from engine.clicks.storage import FILES, MANIFEST, save_clicks

LARGEST = 3_000_000
"""Bytes that the files of the log may hold together."""


def main() -> None:
    """Write the log beside the sample world."""
    save_clicks(make_clicks(SAMPLE_CONFIG), SAMPLE_CLICKS)
    sizes = {name: (SAMPLE_CLICKS / name).stat().st_size for name in (*FILES, MANIFEST)}
    for name, size in sizes.items():
        print(f"{name:20} {size / 1e6:6.2f} MB")
    total = sum(sizes.values())
    print(f"{'together':20} {total / 1e6:6.2f} MB")
    if total > LARGEST:
        raise SystemExit(f"The files hold {total:,} bytes; at most {LARGEST:,} may ship.")


if __name__ == "__main__":
    main()
