"""How long a server is left alone before it is asked again."""

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 120.0
"""Seconds, also where a server asks for more."""


def wait_before(another: int, asked: float | None) -> float:
    """Seconds to wait before try ``another``, from 2: twice as long each time, or as ``asked``."""
    return min(LONGEST_WAIT, 2.0 ** min(another - 2, 9) if asked is None else asked)


def retry_after(header: str | None) -> float | None:
    """Seconds of a ``Retry-After``: a number, or a date (RFC 9110, 10.2.3); None of anything
    else."""
    if header is None:
        return None
    with suppress(ValueError):
        return max(0.0, float(header))
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    return None
