"""Whether two that are compared are of the same questions, and were scored alike."""

from harness.errors import RunError
from harness.outcomes import Outcome
from harness.pairing import Keep
from reports.side import Side


def check_scored_alike(first: Side, second: Side) -> None:
    """Look whether a difference of two says anything.

    Raises:
        RunError: they were scored on other data, another split, or with another metric of a name.
    """
    ours, theirs = _scored_on(first), _scored_on(second)
    differing = [
        f"{name} {ours[name][:80]} and {theirs[name][:80]}"
        for name in ours
        if name in theirs and ours[name] != theirs[name]
    ]
    if differing:
        raise RunError(
            f"{first.name} and {second.name} were not scored alike ({'; '.join(differing)}), so "
            "their difference says nothing; score both again with one data folder, split and task"
        )


def shared_questions(first: Side, second: Side, keep: Keep, where: str | None) -> list[Outcome]:
    """The questions looked at that both have.

    Raises:
        RunError: there are none, or under one id each has another question.
    """
    one, other = first.result.outcomes, second.result.outcomes
    for key in one:
        ours, theirs = first.questions.get(key), second.questions.get(key)
        if None not in (ours, theirs) and ours != theirs:
            raise RunError(
                f"{first.name} and {second.name} are of other questions: {key!r} is {ours!r:.60} "
                f"in the one and {theirs!r:.60} in the other; compare logs of one task and data"
            )
    shared = [outcome for key, outcome in one.items() if key in other and keep(outcome)]
    if not shared:
        raise RunError(
            f"{first.name} ({len(one)} questions) and {second.name} ({len(other)}) have "
            f"no question {f'with {where} ' if where else ''}in common; score both on the same "
            "data, with one seed and limit"
        )
    return shared


def _scored_on(side: Side) -> dict[str, str]:
    """What must be the same for two to be comparable, of what both have."""
    ways = {True: "higher", False: "lower"}
    better = {
        f"what is better of {name}": ways[one.higher_is_better]
        for name, one in side.measures.items()
        if one.higher_is_better is not None
    }
    values = {
        f"values of {name}": "lists" if one.total else "numbers"
        for name, one in side.measures.items()
    }
    return {**side.scored_on, **side.metric_signatures, **better, **values}
