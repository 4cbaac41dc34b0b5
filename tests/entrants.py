"""Variants with made-up scores, as they enter a decision."""

from collections.abc import Sequence

import numpy as np

from harness.jackknife import FloatArray
from harness.outcomes import Outcome
from harness.pairing import Measure
from harness.runs import Result
from harness.verdict import Entrant, Role

QUALITY = Measure("quality", "Quality", "mean", higher_is_better=True)
QUESTIONS = 150
TOGETHER = 3
"""Questions of one section."""


def result(name: str, scores: Sequence[float] | FloatArray, seconds: float | None = None) -> Result:
    """A variant that scored these, three questions a section."""
    outcomes = {
        f"q{place}": Outcome(
            f"q{place}",
            "",
            {QUALITY.name: float(score)},
            {"answerable": True, "evidence": [f"s{place // TOGETHER}"]},
            {} if seconds is None else {"seconds": seconds * (0.9 + 0.2 * (place % 2))},
        )
        for place, score in enumerate(scores)
    }
    return Result(name, outcomes, {"cost": {"seconds": seconds}})


def scores(level: float = 0.0, spread: float = 0.05, seed: int = 1) -> FloatArray:
    """Those of a variant that is better than what is in place by ``level``, give or take."""
    common = np.random.default_rng(0).uniform(0.3, 0.7, QUESTIONS)
    own = np.random.default_rng(seed).normal(level, spread, QUESTIONS) if spread else level
    return np.asarray(common + own)


def entrant(
    name: str, role: Role, level: float = 0.0, spread: float = 0.05, cost: float | None = None
) -> Entrant:
    """A variant of that level; the seed of its scores is its name's."""
    return Entrant(result(name, scores(level, spread, sum(map(ord, name))), cost), role, cost)
