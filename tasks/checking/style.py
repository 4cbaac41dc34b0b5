"""
Whether unanswerable questions can be told from answerable ones by style alone.

Who writes a set often asks in other words for what no section answers ("so far", "actually",
"typically"). A model trained on the set abstains at such words, and seems to know what its
documents hold. Here a naive Bayes classifier sees of a question nothing but which function words
and punctuation it has and how long it is. It judges questions of documents that it has not learned
from, and what it makes of them is said as an AUC: of one unanswerable and one answerable question,
how often it points to the right one. Where the language is not English, it sees punctuation and
length.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.checking.findings import Finding, Folder
from tasks.policyqa.questions import Question

HIGHEST = 0.6
"""AUC that is let pass; 0.5 is chance."""
FEWEST_OF_EACH = 20
"""Unanswerable questions, and answerable ones, from which an AUC is computed."""
FOLDS = 5
FOLD_SEED = 1
NAMED = 5
"""How many features a finding names."""
PUNCTUATION = ",.;:?!'\"()-/%$"
_WORDS = """
a about above across actually after again against ago all almost along already also although
always am among an and another any anybody anyone anything apart are around as at away be
because been before behind being below beside besides between beyond both but by can cannot
could currently d did do does doing done down during each either else enough even ever every
everybody everyone everything exactly except far few fewer first for from further get gets given
had has have having he hence her here hers herself him himself his how however i if in indeed
inside instead into is it its itself just last later latest least less ll m many may me merely
might mine more moreover most much must my myself near need neither never next no nobody none
nor normally not nothing now of off often on once one only onto or other others otherwise ought
our ours ourselves out outside over own past per perhaps present quite rather re really s same
shall she should simply since so some somebody someone something sometimes soon still such t
than that the their theirs them themselves then there therefore these they this those though
through throughout thus till to today together too toward towards two typically under unless
until up upon us usually ve very via was we well were what whatever when whenever where whereas
whether which while who whom whose why will with within without would yes yet you your yours
yourself
"""
FUNCTION_WORDS = frozenset(_WORDS.split())

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Style:
    """How well unanswerable questions are told by style, and by what."""

    auc: float
    unanswerable: int
    answerable: int
    features: list[str]
    """What gives most away, with its share among unanswerable and among answerable questions."""


def style_findings(folder: Folder) -> Iterator[Finding]:
    """One, if style tells unanswerable questions from answerable ones."""
    style = style_of([one.question for one in folder.questions])
    if style is not None and style.auc > HIGHEST:
        message = (
            f"style alone tells the {style.unanswerable} unanswerable questions from the "
            f"{style.answerable} answerable ones: of one of each, function words, punctuation and "
            f"length point to the right one in {style.auc:.0%} (AUC {style.auc:.2f}; 0.50 is "
            f"chance, at most {HIGHEST:.2f} passes). Most telling, as shares of both: "
            f"{', '.join(style.features)}"
        )
        yield Finding("style", "questions.jsonl", message)


def style_of(questions: Sequence[Question]) -> Style | None:
    """How well style tells; None where there are too few questions of either sort."""
    unanswerable = np.array([not question.answerable for question in questions], dtype=bool)
    counts = int(unanswerable.sum()), int((~unanswerable).sum())
    if min(counts) < FEWEST_OF_EACH:
        return None
    names, seen = features([question.question for question in questions])
    groups = _groups(questions, unanswerable)
    return Style(_auc(seen, unanswerable, groups), *counts, _telling(names, seen, unanswerable))


def features(texts: Sequence[str]) -> tuple[list[str], Flags]:
    """Names of what is looked at, and which text has it, shape (texts, names)."""
    words = [re.findall(r"[^\W\d_]+", text.lower()) for text in texts]
    lengths = np.array([len(found) for found in words])
    edges = np.unique(np.quantile(lengths, [0.2, 0.4, 0.6, 0.8]))
    bins = np.searchsorted(edges, lengths)
    used = sorted(FUNCTION_WORDS.intersection(*[set().union(*words)]))
    columns = {f"'{word}'": [word in found for found in words] for word in used}
    columns |= {f"the sign {sign}": [sign in text for text in texts] for sign in PUNCTUATION}
    for bin_ in range(len(edges) + 1):
        inside = bins == bin_
        if inside.any():
            low, high = lengths[inside].min(), lengths[inside].max()
            name = f"{low} words" if low == high else f"{low} to {high} words"
            columns[name] = inside.tolist()
    return list(columns), np.array(list(columns.values()), dtype=bool).T


def _groups(questions: Sequence[Question], unanswerable: Flags) -> npt.NDArray[Any]:
    """What is judged together: a document's questions, or where too few have both sorts, each."""
    names = np.array([question.framework or question.id for question in questions])
    if min(len(set(names[unanswerable])), len(set(names[~unanswerable]))) < 2 * FOLDS:
        return np.arange(len(questions))
    return names


def _auc(seen: Flags, unanswerable: Flags, groups: npt.NDArray[Any]) -> float:
    """Of questions judged by a classifier that has learned from the other folds."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.naive_bayes import BernoulliNB

    scores = np.zeros(len(seen))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=FOLD_SEED)
    for learned, judged in folds.split(seen, unanswerable, groups):
        model = BernoulliNB(fit_prior=False).fit(seen[learned], unanswerable[learned])
        odds = model.predict_log_proba(seen[judged])
        scores[judged] = odds[:, 1] - odds[:, 0]
    return float(roc_auc_score(unanswerable, scores))


def _telling(names: Sequence[str], seen: Flags, unanswerable: Flags) -> list[str]:
    """The features that differ most, by how far one could bet on them (Jeffreys' divergence)."""
    shares = [seen[mask].mean(axis=0) for mask in (unanswerable, ~unanswerable)]
    first, second = (
        (seen[mask].sum(axis=0) + 1) / (mask.sum() + 2) for mask in (unanswerable, ~unanswerable)
    )
    order = np.argsort(-(first - second) * np.log(first / second), kind="stable")[:NAMED]
    return [f"{names[at]} {shares[0][at]:.0%} and {shares[1][at]:.0%}" for at in order]
