"""Make the world that ships with the app and freeze it: ``python -m sample_data.make``."""

from pathlib import Path

from engine.sample import SAMPLE
from engine.world import World, WorldConfig, make_world, save_world
from engine.world.statistics import table
from engine.world.storage import FILES, MANIFEST

LARGEST = 20_000_000
"""Bytes that the files of the world may hold together."""
_BEGIN, _END = "<!-- figures: written by make.py -->", "<!-- end of figures -->"


def main() -> None:
    """Write the default world beside this file and its figures into the data card."""
    world = make_world(WorldConfig())
    save_world(world, SAMPLE)
    _fill_card(SAMPLE / "README.md", world)
    sizes = {name: (SAMPLE / name).stat().st_size for name in (*FILES, MANIFEST)}
    for name, size in sizes.items():
        print(f"{name:20} {size / 1e6:6.2f} MB")
    total = sum(sizes.values())
    print(f"{'together':20} {total / 1e6:6.2f} MB")
    if total > LARGEST:
        raise SystemExit(f"The files hold {total:,} bytes; at most {LARGEST:,} may ship.")


def figures(world: World) -> str:
    """The figures of the data card, as a Markdown table."""
    head, *rows = table({"this world": world})
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def figures_on(card: str) -> str:
    """The figures that a data card shows."""
    return _around(card)[1].strip()


def _fill_card(path: Path, world: World) -> None:
    before, _, after = _around(path.read_text(encoding="utf-8"))
    card = f"{before}{_BEGIN}\n{figures(world)}\n{_END}{after}"
    path.write_text(card, encoding="utf-8")


def _around(card: str) -> tuple[str, str, str]:
    """The card before, inside and after its figures."""
    before, begin, rest = card.partition(_BEGIN)
    shown, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"card: must hold the lines {_BEGIN} and {_END} around its figures")
    return before, shown, after


if __name__ == "__main__":
    main()
