"""A gate on a change: what is in place stays unless what would replace it is shown good enough."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness.errors import ConfigError, RunError
from harness.runs import Result, read_manifest
from harness.text import printable
from harness.verdict import Role, Rule
from reports.alike import check_scored_alike
from reports.audit import read_audit
from reports.decision import EVIDENT, Decided, decided, deciding_metric, run_decision
from reports.measures import measures_of
from reports.pairwise import Paired, compare_variants, shared_measures
from reports.side import Side, variant_side

STATUS = {"ship": 0, "hold": 1, "undecided": 3}
"""What a gate exits with, by its decision."""


@dataclass(frozen=True)
class Gated:
    """What a gate found."""

    verdict: Decided
    candidate: Side
    """What would be shipped, or came closest."""
    in_place: Side
    pair: Paired
    """The two, metric by metric."""


def gate_sides(candidate: Side, in_place: Side, by: str | None, rule: Rule) -> Gated:
    """The verdict on a candidate that would replace what is in place.

    Floors are those of the candidate's run, if it is of one.

    Args:
        candidate: what would be shipped.
        in_place: what is there.
        by: the deciding metric; None is the first that both have.
        rule: how it is decided.

    Raises:
        ConfigError: both are the same, or nothing can be decided by that metric.
        RunError: they were not scored alike, or share no question with a value of it.
    """
    _refuse(candidate)
    pair = compare_variants(candidate, in_place)
    measures = shared_measures(candidate, in_place, unknown=None)
    floors = [one for one in _floors(candidate) if one.name != in_place.name]
    entering: list[tuple[Side, Role]] = [(candidate, "candidate"), (in_place, "in place")]
    entering += [(one, "floor") for one in floors]
    named = _named([side for side, _ in entering])
    audit = read_audit(candidate.result.run) if _of_a_run(candidate) else None
    exposed = None
    if audit is not None and candidate.result.name not in audit.untold:
        exposed = {named[0].name: audit.exposed.get(candidate.result.name, ())}
    verdict = decided(
        [(result, role) for result, (_, role) in zip(named, entering, strict=True)],
        deciding_metric(measures, by),
        rule,
        list(candidate.measures.values()),
        exposed,
        floors=[named[1].name] if _described(in_place).get("floor") else (),
    )
    return Gated(_found(verdict, in_place), candidate, in_place, pair)


def gate_run(run: Path, in_place: Side) -> Gated:
    """The verdict on the variants of a run that would replace what is in place.

    Decided as its suite says, whose own baseline is a variant among others.

    Raises:
        RunError, ConfigError: as ``gate_sides``.
    """
    manifest = read_manifest(run)
    variants = manifest["variants"]
    sides = {name: variant_side(run, name) for name in variants}
    for side in sides.values():
        check_scored_alike(side, in_place)
    if all(what["floor"] or what["context"]["source"] in EVIDENT for what in variants.values()):
        raise ConfigError(
            f"{run} has no variant that could be shipped: floors, and what is shown "
            "the evidence, are not up for a decision"
        )
    shared = shared_measures(next(iter(sides.values())), in_place, unknown=None)
    results = {name: side.result for name, side in sides.items()}
    taken = in_place.result.name in results
    other = replace(in_place.result, name=in_place.name) if taken else in_place.result
    measures = measures_of(manifest)
    verdict = run_decision(manifest, results, measures, read_audit(run), (other, shared))
    found = _found(verdict, in_place)
    closest = sides[found.variant if found.variant in sides else _best(found)]
    return Gated(found, closest, in_place, compare_variants(closest, in_place))


def junit(found: Decided) -> str:
    """A verdict as JUnit XML: a test of the verdict, and one of each variant that could ship."""
    cases = {name: one for name, one in found.variants.items() if one.role == "candidate"}
    suite = ElementTree.Element("testsuite", name="policyqa gate", tests=str(1 + len(cases)))
    whole = ElementTree.SubElement(suite, "testcase", classname="gate", name="verdict")
    kinds = {"hold": "failure", "undecided": "error"}
    if found.decision != "ship":
        kind = kinds[found.decision]
        told = ElementTree.SubElement(whole, kind, message=printable(found.sentence))
        told.text = "\n".join(map(printable, found.reasons))
    else:
        ElementTree.SubElement(whole, "system-out").text = printable(found.sentence)
    for name, standing in cases.items():
        case = ElementTree.SubElement(suite, "testcase", classname="gate", name=printable(name))
        if standing.state != "may ship":
            ElementTree.SubElement(case, "skipped", message=standing.state)
    counts = {"failures": "hold", "errors": "undecided"}
    for count, decision in counts.items():
        suite.set(count, str(int(found.decision == decision)))
    suite.set("skipped", str(sum(one.state != "may ship" for one in cases.values())))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _refuse(candidate: Side) -> None:
    """Refuse what nobody can ship."""
    what = _described(candidate)
    if what and (what["floor"] or what["context"]["source"] in EVIDENT):
        raise ConfigError(
            f"{candidate.name} is not up for a decision: it is a floor, or shown the evidence that "
            "its questions name; gate another variant"
        )


def _described(side: Side) -> dict[str, Any]:
    """What the manifest says of a variant of a run; nothing of a log or file."""
    if not _of_a_run(side):
        return {}
    return dict(read_manifest(side.result.run)["variants"][side.result.name])


def _floors(side: Side) -> list[Side]:
    """Those of the run that a variant is of; none of a log or file."""
    if not _of_a_run(side):
        return []
    run = side.result.run
    variants = read_manifest(run)["variants"]
    named = [name for name, what in variants.items() if what["floor"] and name != side.result.name]
    return [variant_side(run, name) for name in named]


def _of_a_run(side: Side) -> bool:
    return side.result.name != side.name


def _named(sides: Sequence[Side]) -> list[Result]:
    """Their results by the names that tell them apart: a variant's, or with that of its run."""
    counts = Counter(one.result.name for one in sides)
    return [
        one.result if counts[one.result.name] == 1 else replace(one.result, name=one.name)
        for one in sides
    ]


def _found(verdict: Decided | None, in_place: Side) -> Decided:
    if verdict is None:
        raise RunError(
            f"{in_place.name} shares no question with a value of the deciding metric with what "
            "would replace it; score both on the same data, or name another metric: --by METRIC"
        )
    return verdict


def _best(found: Decided) -> str:
    """Of the candidates that furthest ahead of what is in place."""
    ahead = {
        name: one.beside[found.in_place].delta
        for name, one in found.variants.items()
        if one.role == "candidate"
    }
    return max(ahead, key=lambda name: ahead[name])
