"""
Any two variants, question by question: by how much one is better, with the interval of that.
"""

from collections.abc import Collection, Mapping
from typing import Any

from harness.errors import ConfigError, RunError
from harness.pairing import Keep, Measure, align, difference, everything
from harness.runs import Outcome, Result
from harness.statistics import RESAMPLES
from reports.measures import measures_of

Manifest = Mapping[str, Any]


def compare_variants(
    first: tuple[Result, Manifest], second: tuple[Result, Manifest], where: str | None = None
) -> dict[str, Any]:
    """The first minus the second on the questions both answered, by metric, as JSON.

    Args:
        first: a variant of a run, with the run's manifest, whose seed resamples.
        second: a variant of the same run or another.
        where: ``FIELD=VALUE`` of the questions looked at, as ``answerable=true``; None is all.

    Raises:
        RunError: they were scored on other data, another split or with a metric of another kind
            under the same name, or have no such question in common.
    """
    (one, manifest), (other, its_manifest) = first, second
    _check_comparable(first, second)
    keep = questions_where(where)
    shared = [
        outcome for key, outcome in one.outcomes.items() if key in other.outcomes and keep(outcome)
    ]
    if not shared:
        raise RunError(
            f"{one} ({len(one.outcomes)} questions) and {other} ({len(other.outcomes)}) have "
            f"no question {f'with {where} ' if where else ''}in common; score both with one seed "
            "and limit: policyqa run SUITE"
        )
    seed = manifest["suite"]["seed"]
    measures = [one for one in measures_of(dict(manifest)) if one.name in its_manifest["metrics"]]
    rows = {measure.name: _row(one, other, measure, keep, seed) for measure in measures}
    return {
        "a": str(one),
        "b": str(other),
        "where": where,
        "n": len(shared),
        "metrics": {name: row for name, row in rows.items() if row},
        "signature": _signature(first, second, len(shared), where, rows),
    }


def questions_where(where: str | None) -> Keep:
    """Which questions ``FIELD=VALUE`` names; None is all.

    A value is compared as JSON and YAML write it: ``answerable=true``, ``framework=eu-gdpr``.

    Raises:
        ConfigError: it has another form.
    """
    if where is None:
        return everything
    name, equals, value = where.partition("=")
    if not (name and equals):
        raise ConfigError(f"{where!r} has not the form FIELD=VALUE, as answerable=true")

    def keep(outcome: Outcome) -> bool:
        found = outcome.document.get(name)
        return (str(found).lower() if isinstance(found, bool) else str(found)) == value

    return keep


def _check_comparable(first: tuple[Result, Manifest], second: tuple[Result, Manifest]) -> None:
    (one, manifest), (other, its_manifest) = first, second
    ours, theirs = _scored_on(manifest), _scored_on(its_manifest)
    differing = [
        f"{name} {str(ours[name])[:80]} and {str(theirs[name])[:80]}"
        for name in ours
        if name in theirs and ours[name] != theirs[name]
    ]
    if differing:
        raise RunError(
            f"{one} and {other} were not scored alike ({'; '.join(differing)}), so their "
            "difference says nothing; score both again with one data folder and split: "
            "policyqa run SUITE"
        )


def _scored_on(manifest: Manifest) -> dict[str, str]:
    """What must be the same for two variants to be comparable, of what both have."""
    metrics = {name: what["signature"] for name, what in manifest["metrics"].items()}
    return {**manifest["scored_on"], **metrics}


def _row(
    first: Result, second: Result, measure: Measure, keep: Keep, seed: int
) -> dict[str, Any] | None:
    """Both figures on the questions both have a value of, and their difference."""
    found = difference(first, second, measure, seed=seed, keep=keep)
    if found is None:
        return None
    values = align([first, second], measure.name, keep).values
    figures = dict(zip(("a", "b"), map(measure.of, values), strict=True))
    return {"title": measure.title, **figures, **found.as_json()}


def _signature(
    first: tuple[Result, Manifest],
    second: tuple[Result, Manifest],
    n: int,
    where: str | None,
    shown: Collection[str],
) -> str:
    """Everything that could change the figures, in one line."""
    manifest = first[1]
    named = (
        f"{result}:{made['variants'][result.name]['fingerprint']}"
        for result, made in (first, second)
    )
    answered = sorted(
        {code for result, _ in (first, second) for code in result.record["answered_by"]}
    )
    codes = dict.fromkeys(made["versions"]["policyqa-bench"] for _, made in (first, second))
    scored = manifest["scored_on"]
    seed = manifest["suite"]["seed"]
    parts = [
        *named,
        f"data:{scored['data'][:8]}",
        f"split:{scored['split']}",
        *([f"where:{where}"] if where else []),
        f"n:{n}",
        *(what["signature"] for name, what in manifest["metrics"].items() if name in shown),
        f"intervals:95%,{RESAMPLES} paired resamples of groups,seed{seed}; rates:Newcombe",
        f"task:{scored['task version']}",
        f"code:{','.join(codes)}",
        f"answers:{','.join(answered)}",
    ]
    return " | ".join(parts)
