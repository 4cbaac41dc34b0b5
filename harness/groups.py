"""Things that share something, directly or through others, as one group."""

from collections.abc import Sequence


def groups(shared: Sequence[Sequence[str]]) -> list[int]:
    """The group of each of N things, as a number from 0.

    Args:
        shared: the names each thing has. Two things with a name in common are in one group, and so
            are all that a chain of such pairs connects; a thing without names is one by itself.
    """
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(shared)
    nodes = {name: count + n for n, name in enumerate(sorted({x for one in shared for x in one}))}
    edges = [(thing, nodes[name]) for thing, names in enumerate(shared) for name in names]
    rows, columns = zip(*edges, strict=True) if edges else ((), ())
    size = count + len(nodes)
    graph = coo_matrix((np.ones(len(edges)), (rows, columns)), shape=(size, size))
    found = connected_components(graph, directed=False)[1][:count]
    order = {label: number for number, label in enumerate(dict.fromkeys(found.tolist()))}
    return [order[label] for label in found.tolist()]
