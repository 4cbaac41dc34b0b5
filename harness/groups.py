"""Things that share names: which has which, and which are connected by them."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any


def incidence(shared: Sequence[Sequence[str]]) -> Any:
    """Which of all names each of N things has: a sparse matrix of 0 and 1, (N, names).

    Its columns are the names in order; where there is none at all, one empty column.
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    names = {name: column for column, name in enumerate(sorted({x for one in shared for x in one}))}
    pairs = [(thing, names[name]) for thing, one in enumerate(shared) for name in set(one)]
    rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
    shape = (len(shared), max(len(names), 1))
    return csr_matrix((np.ones(len(pairs), dtype=np.float32), (rows, columns)), shape=shape)


def groups(shared: Sequence[Sequence[str]]) -> list[int]:
    """The group of each of N things, as a number from 0.

    Args:
        shared: the names each thing has. Two things with a name in common are in one group, and so
            are all that a chain of such pairs connects; a thing without names is one by itself.
    """
    from scipy.sparse import block_array
    from scipy.sparse.csgraph import connected_components

    if not shared:
        return []
    has = incidence(shared)
    # Things and names as the nodes of one graph: a thing is joined to each name it has.
    joined = block_array([[None, has], [has.T, None]])
    found = connected_components(joined, directed=False)[1][: len(shared)].tolist()
    order = {label: number for number, label in enumerate(dict.fromkeys(found))}
    return [order[label] for label in found]


def others_without(shared: Sequence[Sequence[str]]) -> list[int | None]:
    """Of each of N things, where another stands that has names, and none in common with it.

    Half the list away, or the next after that; None where there is none.
    """
    named = [place for place, names in enumerate(shared) if names]

    def other(place: int) -> int | None:
        own, half_away = set(shared[place]), (place + len(shared) // 2) % len(shared)
        start = bisect_left(named, half_away)
        around = (named[(start + step) % len(named)] for step in range(len(named)))
        return next((one for one in around if own.isdisjoint(shared[one])), None)

    return [other(place) for place in range(len(shared))]
