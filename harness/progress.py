"""How long work tells how far it is, and what else to know; commands pass what shows it."""

from collections.abc import Callable

Advance = Callable[[int, int], None]
"""Hears how much of the work is done and how much there is in all, in any one unit."""
Say = Callable[[str], None]
"""Hears what the user should know, a line at a time."""


def silent(*told: object) -> None:
    """Tells nobody: an ``Advance``, a ``Say``, or whatever else hears of something."""
    del told


def duration(seconds: float) -> str:
    """Seconds as seconds, minutes or hours, as roughly as they are known."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
