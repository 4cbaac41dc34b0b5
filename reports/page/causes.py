"""
Why an answer is poor: one cause, the first that holds.

An answer is poor that scores below what looking the answer up scores on the same question (the
yardstick floor; where a run has none, below what is in place), and one that refuses what it was
shown the evidence of, or has a mark of a contradiction. Of one that was shown nothing nothing else
is known.
"""

from harness.metrics.abstention import ABSTAINED, OVER_REFUSAL, FalseAnswer
from harness.outcomes import Outcome

CONTRADICTED = "contradicted"
REFUSED = "needless refusal"
NOT_FOUND = "evidence not found"
NOT_USED = "found and not used"
CAUSES = (CONTRADICTED, REFUSED, NOT_FOUND, NOT_USED)


def shows_evidence(outcome: Outcome) -> bool | None:
    """Whether the evidence was shown; None where none is known, nothing was to be shown, or nobody
    says what was."""
    shown = outcome.document.get("context_ids")
    if not outcome.evidence or not shown:
        return None
    return outcome.evidence_shown


def abstained(outcome: Outcome) -> bool | None:
    """Whether the answer says that the documents do not answer, by whichever rate counts it; None
    where none does."""
    if FalseAnswer.name in outcome.values:
        return outcome.values[FalseAnswer.name] == 0.0
    found = [outcome.values.get(one.name) for one in (OVER_REFUSAL, ABSTAINED)]
    told = [one for one in found if one is not None]
    return 1.0 in told if told else None


def cause_of(
    outcome: Outcome, value: float | None, better_than: float | None, higher: bool
) -> str | None:
    """The cause of a poor answer; None of another, and of one that nothing is known of.

    Args:
        outcome: the answer.
        value: what it scores, over all replicates; None where it has no score.
        better_than: what it should have scored more than; None where nothing is to be beaten.
        higher: whether more is better.
    """
    if any(CONTRADICTED in one.mark.kind for one in outcome.marks):
        return CONTRADICTED
    shown = shows_evidence(outcome)
    if shown is None:
        return None
    if abstained(outcome) and outcome.document.get("answerable", True):
        return REFUSED if shown else NOT_FOUND
    if value is None or better_than is None:
        return None
    poor = value < better_than if higher else value > better_than
    if not poor:
        return None
    return NOT_USED if shown else NOT_FOUND
