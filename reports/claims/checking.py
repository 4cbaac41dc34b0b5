"""Claims held against a run, and where one needs it against another beside."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from harness.errors import RunError
from harness.runs import MANIFEST, read_manifest
from reports.alike import check_scored_alike
from reports.claims.checked import CheckedClaim, CheckedCondition, ClaimState
from reports.claims.conditions import NotCheckedError, checked_condition, unchecked_condition
from reports.claims.reading import Claim
from reports.side import Side, variant_side

_Read = Callable[[Path, str], Side]
_ORDER: tuple[ClaimState, ...] = ("refuted", "not checked", "undecided", "supported")
"""Of the states of conditions that must all hold: the first there is, is the claim's."""


def check_claims(
    claims: Sequence[Claim], run: Path, beside: Sequence[Path] = ()
) -> list[CheckedClaim]:
    """Each claim with what the run says of it.

    Args:
        claims: what is said.
        run: a finished run.
        beside: further runs, in which claims that need one find what they are set against.

    Raises:
        RunError, DataError: a folder is no run, or a variant that is claimed of is unfinished.
    """
    for folder in (run, *beside):
        read_manifest(folder)
    read = cache(variant_side)  # Several claims are of one variant.
    return [_checked(claim, run, beside, read) for claim in claims]


def _checked(claim: Claim, run: Path, beside: Sequence[Path], read: _Read) -> CheckedClaim:
    try:
        variant, against = _sides(claim, run, beside, read)
        conditions = [checked_condition(one, variant, against) for one in claim.conditions]
    except NotCheckedError as needed:
        conditions = [unchecked_condition(one, str(needed)) for one in claim.conditions]
    state = min((one.state for one in conditions), key=_ORDER.index)
    told = [one for one in conditions if one.state == state]
    return CheckedClaim(
        **claim.model_dump(include={"claim", "source", "baseline", "variant", "against"}),
        state=state,
        why=told[0].why,
        questions=_questions(told) if state == "undecided" else None,
        conditions=conditions,
    )


def _questions(undecided: Sequence[CheckedCondition]) -> int | None:
    """How many questions decide of all together: one that does not hold is enough."""
    failing = [one.questions for one in undecided if one.questions and not one.holds]
    if failing:
        return min(failing)
    needed = [one.questions for one in undecided if one.questions]
    return max(needed) if len(needed) == len(undecided) else None


def _sides(claim: Claim, run: Path, beside: Sequence[Path], read: _Read) -> tuple[Side, Side]:
    """The variant, and what it is set against.

    Raises:
        NotCheckedError: one is not there, or they cannot be compared.
    """
    _check_has(run, claim.variant)
    other = _other_run(claim, run, beside)
    _check_has(other, claim.against)
    sides = read(run, claim.variant), read(other, claim.against)
    if other != run:
        try:
            check_scored_alike(*sides)
        except RunError as error:
            raise NotCheckedError(str(error)) from error
    return sides


def _check_has(run: Path, variant: str) -> None:
    if variant not in read_manifest(run)["variants"]:
        raise NotCheckedError(
            f"{run} has no variant {variant}: add it to the suite's variants and run that again"
        )


def _other_run(claim: Claim, run: Path, beside: Sequence[Path]) -> Path:
    """The run that has what a claim is set against."""
    if claim.beside is None:
        return run
    fields = claim.beside.suite
    said = " and ".join(f"{name}: {value}" for name, value in fields.items())
    if fields and _says(run, fields):
        raise NotCheckedError(
            f"{run} was itself made with {said}: check a run with another value beside this one "
            "(--beside)"
        )
    named = claim.beside.run
    for one in [named] if named else beside:
        if (one / MANIFEST).is_file() and _says(one, fields):
            return one
    raise NotCheckedError(
        f"it needs {named or 'a run of the same suite'}{said and f' with {said}'} that has "
        f"{claim.against}, made on the same machine with a cache of its own (POLICYQA_HOME), and "
        "named by --beside RUN"
    )


def _says(run: Path, fields: Mapping[str, Any]) -> bool:
    """Whether the suite of a run has all these values."""
    suite = read_manifest(run)["suite"]
    return all(suite.get(name) == value for name, value in fields.items())
