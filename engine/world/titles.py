"""Titles of synthetic items, so that a slate can be read by a person."""

import numpy as np
from numpy.typing import NDArray

TOPICS: dict[str, tuple[str, ...]] = {
    "Oceans": (
        "tidal pools", "kelp forests", "octopus minds", "reef nights", "whale songs", "deep vents",
        "salt marshes", "lighthouse keepers", "mangroves", "sea ice", "harbour seals", "plankton",
        "trench divers", "storm waves", "pearl farms", "ferry routes",
    ),
    "Baking": (
        "sourdough", "croissants", "rye bread", "flatbreads", "puff pastry", "cinnamon buns",
        "wood ovens", "starter care", "bagels", "brioche", "pie crusts", "shortbread",
        "macarons", "pretzels", "focaccia", "sugar work",
    ),
    "Cities": (
        "metro maps", "night markets", "rooftop gardens", "tram lines", "old bridges", "alley cats",
        "street grids", "public squares", "canal houses", "stairways", "bus depots", "arcades",
        "water towers", "skylines", "kiosks", "courtyards",
    ),
    "Music": (
        "lofi garages", "modular synths", "brass bands", "tape loops", "field recordings", "choirs",
        "drum circles", "vinyl cuts", "jazz cellars", "fiddle tunes", "bass lines", "organ pipes",
        "street pianos", "sound checks", "harmonies", "encores",
    ),
    "Astronomy": (
        "cold moons", "star nurseries", "ring systems", "dark nebulae", "comet tails", "eclipses",
        "radio dishes", "red dwarfs", "meteor nights", "exoplanets", "solar flares", "pulsars",
        "mirror making", "deep fields", "aurorae", "orbits",
    ),
    "Workshop": (
        "tiny lathes", "dovetails", "hand planes", "cold frames", "chisel edges", "glass beads",
        "bookbinding", "knife handles", "steam bending", "watch repair", "soldering", "looms",
        "letterpress", "leather belts", "wheel throwing", "toolboxes",
    ),
    "Travel": (
        "night trains", "mountain huts", "border towns", "ferry pilots", "desert roads", "hostels",
        "salt roads", "packing light", "island hops", "high passes", "river boats", "caravans",
        "slow routes", "old maps", "last buses", "campfires",
    ),
    "Gardens": (
        "glass bees", "seed banks", "compost heaps", "rose pruning", "moss lawns", "fig trees",
        "rain barrels", "herb spirals", "hedgerows", "bulb planting", "greenhouses", "orchards",
        "wild corners", "bonsai", "water lilies", "winter beds",
    ),
    "Football": (
        "free kicks", "back threes", "youth cups", "goal lines", "away days", "pressing traps",
        "set pieces", "keepers", "derby days", "long throws", "number tens", "cup upsets",
        "referees", "ground staff", "five-a-side", "half-time talks",
    ),
    "Films": (
        "long takes", "silent comedies", "matte paintings", "film noir", "stop motion", "scores",
        "title cards", "stunt crews", "foley rooms", "jump cuts", "double bills", "location hunts",
        "prop shops", "dubbing", "crowd scenes", "final reels",
    ),
    "History": (
        "lost ports", "salt taxes", "map makers", "grain stores", "coin hoards", "postal roads",
        "guild halls", "siege towers", "royal cooks", "spice routes", "mills", "almanacs",
        "abbey cellars", "border stones", "court clocks", "shipwrecks",
    ),
    "Running": (
        "hill repeats", "trail shoes", "dawn miles", "negative splits", "fell races", "pacing",
        "recovery days", "track nights", "ultra diets", "form drills", "relays", "first tens",
        "winter base", "race nerves", "cadence", "finish chutes",
    ),
}  # fmt: skip

_FORMS = (
    "{}", "The quiet life of {}", "{} at 3 am", "A beginner's {}", "{}, explained",
    "In search of {}", "{} on a budget", "Why {} matter", "The last {}", "{} after dark",
    "A year of {}", "{} by hand", "Inside {}", "{}: a short history", "The science of {}",
    "{} in the rain", "Forgotten {}", "How we film {}", "{} for two", "Ten rules of {}",
    "{}, slowly", "My father's {}", "{} of the north", "{} without fear", "The art of {}",
    "{} at home", "Small {}", "{} revisited", "A field guide to {}", "{} in winter",
    "The trouble with {}", "{} and other stories",
)  # fmt: skip


def topic_names(topics: int) -> tuple[str, ...]:
    """The names of the first ``topics`` topics."""
    return tuple(TOPICS)[:topics]


def make_titles(topic: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.str_]:
    """A title for each item; titles that recur get a part number.

    Parameters
    ----------
    topic : (n,) topic of each item, from 0.
    rng : the stream of titles.
    """
    banks = [TOPICS[name] for name in TOPICS]
    forms = rng.integers(len(_FORMS), size=len(topic))
    words = rng.integers(min(len(bank) for bank in banks), size=len(topic))
    seen: dict[str, int] = {}
    titles = []
    for t, f, w in zip(topic.tolist(), forms.tolist(), words.tolist(), strict=True):
        title = _FORMS[f].format(banks[t][w])
        title = title[0].upper() + title[1:]
        seen[title] = part = seen.get(title, 0) + 1
        titles.append(title if part == 1 else f"{title}, part {part}")
    return np.array(titles, dtype=np.str_)
