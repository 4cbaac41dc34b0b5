"""Which texts a model reads together, so that little of what it reads is padding."""

from collections.abc import Iterator, Sequence


def of_like_length(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """The places of texts of so many tokens that are read together, the longest first.

    Args:
        lengths: in tokens, one a text at least.
        most: tokens of a batch, padding included; one text may have more.
    """
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if rows and (len(rows) + 1) * lengths[rows[0]] > most:
            yield rows
            rows = []
        rows.append(row)
    yield rows
