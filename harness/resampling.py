"""
Clusters of questions and replicates of answers, drawn anew: what an interval is read from.

Clusters, not questions, are drawn, since questions about one section are not independent: the
percentile bootstrap (Efron & Tibshirani 1993, chapter 13) of clusters (Davison & Hinkley 1997,
section 3.8).

Of the P replicates of a variant P - 1 are drawn, with replacement: P of P would make the variance
of their mean too small by (P - 1) / P (McCarthy & Snowden 1985; Rao & Wu 1988). They are drawn
apart from the clusters, and an answer counts as often as both were: the pigeonhole bootstrap of
crossed factors (Owen 2007, https://doi.org/10.1214/07-AOAS122).

What that can and cannot say: chance that is of neither a question nor a replicate, but of the
single answer, is counted up to three times, so that where it prevails an interval is too wide, at
most by the root of 3. And two or three replicates show little of how much they vary: where they
make a mean as uncertain as the questions do, a 95% interval covers 90% to 94% in simulations; where
ten times as uncertain (in variance), 73% with two of them and 83% with three.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def interval(
    parts: Sequence[Floats],
    figure: Callable[..., Floats],
    clusters: Sequence[str],
    *,
    seed: int,
    resamples: int,
    coverage: float,
) -> tuple[float, float, int]:
    """Percentile interval of a figure, and how many clusters were resampled.

    Args:
        parts: statistics of the same N questions, each (P, N, S) with P and S of its own. The
            clusters are drawn once for all, the replicates of each part apart from the others'.
        figure: of the sums of each part over replicates and questions, each (R, S) → (R,).
        clusters: the group each question belongs to, shape (N,).
        seed: of the draws.
        resamples: their number R.
        coverage: share of the resampled figures that the interval covers, in (0, 1).

    Raises:
        ValueError: the parts and the clusters differ in length, or another coverage.
    """
    lengths = sorted({part.shape[1] for part in parts})
    if lengths != [len(clusters)]:
        raise ValueError(f"{', '.join(map(str, lengths))} scores in {len(clusters)} clusters")
    if not 0 < coverage < 1:
        raise ValueError(f"a coverage of {coverage}; it must be above 0 and below 1")
    names, member = np.unique(np.asarray(clusters), return_inverse=True)
    drawn = _drawn_sums(parts, member, _draws(len(names), seed, resamples))
    resampled = [
        np.einsum("rp,rps->rs", _weights(len(part), seed, side, resamples), one)
        for side, (part, one) in enumerate(zip(parts, drawn, strict=True))
    ]
    tail = (1 - coverage) / 2
    low, high = np.quantile(figure(*resampled), [tail, 1 - tail])
    return float(low), float(high), len(names)


def _drawn_sums(
    parts: Sequence[Floats], member: npt.NDArray[np.intp], draws: npt.NDArray[np.uint8]
) -> list[Floats]:
    """The sums of each part over the clusters drawn, each (R, P, S): one product for all."""
    shapes = [(len(part), part.shape[2]) for part in parts]
    rows = [np.moveaxis(part, 1, 0).reshape(len(member), -1) for part in parts]  # (N, P * S)
    columns = np.concatenate(rows, axis=1)
    sums = np.zeros((draws.shape[1], columns.shape[1]))
    np.add.at(sums, member, columns)
    ends = np.cumsum([one.shape[1] for one in rows])[:-1]
    drawn = np.split(draws @ sums, ends, axis=1)  # (R, C) @ (C, all P * S)
    return [one.reshape(len(draws), *shape) for one, shape in zip(drawn, shapes, strict=True)]


@lru_cache(maxsize=1)  # The same draws serve every figure of a table; making them takes longest.
def _draws(count: int, seed: int, resamples: int) -> npt.NDArray[np.uint8]:
    """How often each of C clusters is drawn in each of R resamples, shape (R, C)."""
    drawn = np.random.default_rng(seed).multinomial(
        count, np.full(count, 1 / count), size=resamples
    )
    # A cluster is drawn once on average and never near 255 times (Poisson), so a byte holds it.
    return drawn.astype(np.uint8)


def _weights(count: int, seed: int, side: int, resamples: int) -> Floats:
    """What each of P replicates counts in each of R resamples, 1 on average, shape (R, P)."""
    if count == 1:
        return np.ones((resamples, 1))
    # Spawned: independent of the clusters' draws, which stay as they are without replicates.
    random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(side,)))
    drawn = random.multinomial(count - 1, np.full(count, 1 / count), size=resamples)
    return drawn.astype(np.float64) * (count / (count - 1))
