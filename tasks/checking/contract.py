"""Schema, evidence and splits: every breach, where the loader stops at the first."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from harness.errors import DataError
from rag.corpus import framework_of, has_corpus, scan_corpus
from tasks.checking.findings import Finding, Folder, Numbered
from tasks.policyqa.evidence import Coverage, names_section
from tasks.policyqa.questions import SPLITS, breaches, located, scan_questions

_T = TypeVar("_T")


def read_data(data: Path) -> tuple[Folder, list[Finding]]:
    """What of a data folder can be read, and where it breaks its contract."""
    findings: list[Finding] = []
    corpus = scan_corpus(data) if has_corpus(data) else ()
    sections = {section.id: section for section in _sound(corpus, data, findings)}
    faulty = {Path(finding.place.split(":")[0]).stem for finding in findings}
    pairs = list(_sound(scan_questions(data), data, findings))
    named = {name for _, question in pairs for name in question.evidence}
    # What is missing from a document that could not be read whole may well be in it.
    excused = {name for name in named if framework_of(name) in faulty}
    pages = {section.id: section.pages for section in sections.values()}
    coverage = Coverage([*sections, *sorted(excused)], pages)
    for line, rule, message in breaches(pairs, coverage):
        findings.append(Finding(rule, f"questions.jsonl:{line}", message))
    findings += overlaps([Numbered(*pair) for pair in pairs], coverage)
    found = [Numbered(line, located(question, coverage)) for line, question in pairs]
    return Folder(sections, found), findings


def _sound(found: Iterable[_T | DataError], data: Path, findings: list[Finding]) -> Iterator[_T]:
    """What was found; errors, whose messages begin with their place, become findings."""
    for one in found:
        if isinstance(one, DataError):
            said = str(one).removeprefix(f"{data}/")
            match = re.fullmatch(r"(.+?:\d+): (.*)", said, re.DOTALL)
            place, message = match.groups() if match else (said.split()[0], said)
            findings.append(Finding("schema", place, message))
        else:
            yield one


def overlaps(numbered: Sequence[Numbered], coverage: Coverage) -> Iterator[Finding]:
    """Documents and pages that cover evidence of several splits, each where it first stands; of
    questions with evidence as their lines name it."""
    splits: dict[str, set[str]] = defaultdict(set)
    places: dict[str, str] = {}
    for one in numbered:
        for name in one.question.evidence:
            places.setdefault(name, one.place)
            for section in coverage.of(name):
                splits[section].add(one.question.split)
    for name, place in places.items():
        found = {split for section in coverage.of(name) for split in splits[section]}
        if coverage.sections and not names_section(name) and len(found) > 1:
            among = ", ".join(split for split in SPLITS if split in found)
            message = (
                f"{name} covers evidence of {among}: nobody can tell whether they share a section; "
                "name the sections, if they are known"
            )
            yield Finding("overlap", place, message)
