"""How long work tells how far it is, and what else to know; commands pass what shows it."""

from collections.abc import Callable

Advance = Callable[[int, int], None]
"""Hears how much of the work is done and how much there is in all, in any one unit."""
Say = Callable[[str], None]
"""Hears what the user should know, a line at a time."""


def silent(*told: object) -> None:
    """Tells nobody: an ``Advance``, a ``Say``, or whatever else hears of something."""
    del told
