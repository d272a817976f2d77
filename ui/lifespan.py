"""The app's beginning and end, without waiting for the second that the engine takes to import.

It is imported beside serving: a browser fetches the page's own scripts meanwhile.
"""

from __future__ import annotations

from threading import Lock, Thread

_importing = Lock()
_beginning = Thread()


def begin() -> None:
    """Have what viewers will see made ready, in a thread of its own."""
    global _beginning
    _importing.acquire()  # here, or a page might be faster than the thread
    _beginning = Thread(target=_begin, name="begin")
    _beginning.start()


def wait_for_imports() -> None:
    """Until the engine is imported, where that has begun.

    Two threads that import one package from different ends may each see half of the other's.
    """
    with _importing:
        pass


def end() -> None:
    """Stop all that was begun."""
    _beginning.join()
    from ui import warm_up

    warm_up.end()


def _begin() -> None:
    try:
        from engine.lightgbm_alone import load_lightgbm_alone

        load_lightgbm_alone()
        from ui import warm_up
    finally:
        _importing.release()
    warm_up.begin()
