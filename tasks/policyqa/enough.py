"""Whether questions are as many as a verdict needs."""

from collections.abc import Sequence

from harness.deciding import FEWEST_TO_DECIDE
from harness.outcomes import Outcome
from harness.pairing import clusters_of
from tasks.policyqa.questions import Question

ALL_TEST = "if you train nothing: policyqa data import … --shares test=1"
"""How every question comes into the test split."""


def too_few(questions: Sequence[Question], split: str, mending: str = "") -> list[str]:
    """A line that these questions of a split, which are scored, decide nothing; none if they may.

    ``mending`` is what it says to do.
    """
    found = _groups(questions)
    if found >= FEWEST_TO_DECIDE:
        return []
    within = "" if found == len(questions) else f" (groups that share evidence: {found})"
    return [
        f"too few {split} questions to decide anything: {len(questions)}{within}, and a verdict "
        f"needs {FEWEST_TO_DECIDE} groups of questions at least{mending and f'; {mending}'}"
    ]


def too_few_for_test(questions: Sequence[Question]) -> list[str]:
    """The same of the test split of all questions, with what helps where nothing is trained.

    None where no question can be scored.
    """
    scored = [question for question in questions if question.answer is not None]
    test = [question for question in scored if question.split == "test"]
    enough = _groups(scored) >= FEWEST_TO_DECIDE
    return too_few(test, "test", ALL_TEST if enough else "write more") if scored else []


def _groups(questions: Sequence[Question]) -> int:
    """Groups of questions, as a verdict counts them."""
    return len(set(clusters_of([Outcome(q.id, "", {}, q.model_dump()) for q in questions])))
