"""What tells two questions apart, however like their words are: provisions and documents."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.groups import incidence
from tasks.checking.matching import Rows
from tasks.policyqa.questions import Question

_PROVISION = re.compile(r"\d[\w.-]*(?:\([^()]*\))*")
"""As in ``Article 5(1)``, ``Art. 5(1)`` and ``Article 5(1) and (2)``: 5(1)."""
_Pairs = npt.NDArray[np.bool_]


class Apart:
    """What of some questions cannot be the same, by what they say of where their answers stand."""

    def __init__(self, questions: Sequence[Question]) -> None:
        cited = [_cited(question) for question in questions]
        self._cites = np.array([bool(names) for names in cited])
        both = incidence([*cited, *([p for c in names for p in _outer(c)] for names in cited)])
        self._exactly, self._within = both[: len(cited)], both[len(cited) :]
        documents = [sorted(_documents(question)) for question in questions]
        self._placed = np.array([bool(names) for names in documents])
        self._documents = incidence(documents)

    def pairs(self, rows: Rows, columns: Rows) -> _Pairs:
        """Whether two questions cite differently or are of other documents; (rows, columns)."""
        return self._cite_differently(rows, columns) | self._of_other_documents(rows, columns)

    def _cite_differently(self, rows: Rows, columns: Rows) -> _Pairs:
        """Whether both cite, and no citation of one is, or is part of, one of the other.

        Shapes (rows, columns); ``Article 5`` and ``Article 5(1)`` are not different.
        """
        agree = self._exactly[rows] @ self._within[columns].T
        agree = agree + self._within[rows] @ self._exactly[columns].T
        both = self._cites[rows, None] & self._cites[None, columns]
        return np.asarray((agree.toarray() == 0) & both)

    def _of_other_documents(self, rows: Rows, columns: Rows) -> _Pairs:
        """Whether the documents of both are known, and none is of both; shape (rows, columns)."""
        shared = (self._documents[rows] @ self._documents[columns].T).toarray()
        both = self._placed[rows, None] & self._placed[None, columns]
        return np.asarray((shared == 0) & both)


def _documents(question: Question) -> set[str]:
    return (question.evidence_frameworks or {question.framework}) - {""}


def _cited(question: Question) -> list[str]:
    """The provisions a question cites, by number where they have one, each with its framework."""
    frameworks = question.evidence_frameworks or {question.framework}
    provisions = [" ".join(_PROVISION.findall(c)) or c.casefold() for c in question.citations]
    return [f"{framework} {provision}" for framework in frameworks for provision in provisions]


def _outer(provision: str) -> list[str]:
    """A provision and those it is part of: ``5(1)(a)``, ``5(1)``, ``5``."""
    provisions = [provision]
    while (outer := re.sub(r"\([^()]*\)$", "", provisions[-1])) not in ("", provisions[-1]):
        provisions.append(outer)
    return provisions
