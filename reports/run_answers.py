"""What the variants of a finished run answered, as metrics read it."""

from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path

from harness.errors import DataError
from harness.files import fingerprint
from harness.metrics import Row
from harness.outcomes import Outcome
from harness.pairing import clusters_of
from harness.runs import Result, read_manifest, read_result
from reports.judged import ScoredWith
from tasks.policyqa.documents import row_of

GROUPED_BY_RUN = "the evidence of their questions"
"""What the groups of ``RunAnswers`` share."""


class RunAnswers:
    """The answers of a run; of a variant with several seeds or draws those of the first."""

    def __init__(self, run: Path) -> None:
        """Those of a run folder.

        Raises:
            RunError: the folder is no run's, or one of an earlier version.
        """
        self._run = run
        self._manifest = read_manifest(run)
        self._result = cache(lambda variant: read_result(run, variant))

    def __str__(self) -> str:
        """Which answers these are, in signatures."""
        variants = self._manifest["variants"].items()
        made_of = fingerprint({name: what["fingerprint"] for name, what in variants})
        return f"{self._run}@{made_of[:8]}"

    @property
    def scored_with(self) -> ScoredWith:
        """The metrics its suite names, and its encoder."""
        suite = self._manifest["suite"]
        return ScoredWith(suite["metrics"] or (), suite["encoder"], suite["encoder_layer"])

    def question_id(self, place: str, question: str) -> str:
        """The id of the question that an id or a text names.

        Args:
            place: where it is named, for the message.
            question: an id, or the text but for white space.

        Raises:
            DataError: it is none of the run's, or several have the text.
        """
        if question in self._outcomes:
            return question
        having = self._by_text.get(question, [])
        if len(having) != 1:
            ids = having or list(self._outcomes)
            what = "is asked several times: name one by its id" if having else "is none of its own"
            raise DataError(
                f"{place}: of the questions of {self._run}, {question!r:.60} {what}; ids are "
                f"{', '.join(ids[:3])}{' …' if len(ids) > 3 else ''}"
            )
        return having[0]

    def row(self, place: str, question_id: str, variant: str) -> Row:
        """A variant's answer to a question of the run.

        Raises:
            DataError: the run has no such variant.
            RunError: it is unfinished.
        """
        if variant not in self._manifest["variants"]:
            raise DataError(
                f"{place}: {self._run} has no variant {variant!r:.60}; it has "
                f"{', '.join(self._manifest['variants'])}"
            )
        outcome = self._of(variant).outcomes[question_id]
        return row_of(outcome.document, outcome.text)

    def groups(self, question_ids: Sequence[str]) -> dict[str, str]:
        """The group of each question: those that share evidence are of one."""
        ids = list(dict.fromkeys(question_ids))
        found = clusters_of([self._outcomes[key] for key in ids])
        return dict(zip(ids, found, strict=True))

    def _of(self, variant: str) -> Result:
        return self._result(variant)

    @cached_property
    def _outcomes(self) -> dict[str, Outcome]:
        """The questions, as the first variant was asked them."""
        return self._of(next(iter(self._manifest["variants"]))).outcomes

    @cached_property
    def _by_text(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key, outcome in self._outcomes.items():
            found.setdefault(" ".join(outcome.document["question"].split()), []).append(key)
        return found
