"""How long work tells how far it is: it calls an ``Advance``; commands pass one that draws."""

from collections.abc import Callable

Advance = Callable[[int, int], None]
"""Hears how much of the work is done and how much there is in all, in any one unit."""


def silent(done: int, total: int) -> None:
    """An ``Advance`` that tells nobody."""
    del done, total
