"""Texts are read once: metrics and variants read the same ones, several times each."""

from functools import lru_cache

read_once = lru_cache(maxsize=4_096)
"""Keeps what a function made of the texts it was last given; none may change what it is given."""
