"""Random streams that do not depend on the order in which stages run."""

import zlib

import numpy as np


def stream(seed: int, stage: str, *keys: int) -> np.random.Generator:
    """A generator of random numbers that belongs to one stage (and user) of one seed.

    Moving one stage never reshuffles another, because each stream derives from its
    own name rather than from what was drawn before it.

    Parameters
    ----------
    seed : non-negative seed of the world.
    stage : name of the stage, e.g. ``"world/users"``.
    keys : further non-negative integers, e.g. a user id; as many at each use of a stage, since
        NumPy takes a trailing 0 for nothing.
    """
    return np.random.default_rng([seed, zlib.crc32(stage.encode()), *keys])
