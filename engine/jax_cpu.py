"""JAX as everything here that trains by the gradient uses it: on the CPU and on one thread.

Serving needs none of it, so that it is imported when something is fitted and never otherwise.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

_ONE_THREAD = "--xla_cpu_multi_thread_eigen=false"
_LOADING = Lock()


def jax_on_one_thread() -> Any:
    """The module `jax`, imported when this is first called; compiled code keeps to one thread.

    Another would be taken from those who are served.
    """
    with _LOADING:
        if "jax" not in sys.modules:
            flags = f"{os.environ.get('XLA_FLAGS', '')} {_ONE_THREAD}".strip()
            # XLA takes the number of cores, and so of its threads, from NPROC.
            with _environment(JAX_PLATFORMS="cpu", NPROC="1", XLA_FLAGS=flags):
                import jax

                jax.devices()  # reads them, once
        import jax
    return jax


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Environment variables that hold as long as something reads them."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
