"""Schema, evidence and splits: every breach, where the loader stops at the first."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import DataError
from harness.files import json_object, numbered_lines
from harness.validation import validated
from rag.corpus import Section, corpus_files, framework_of, has_corpus, scan_framework
from tasks.checking.findings import Finding, Folder, Numbered
from tasks.policyqa.evidence import Coverage, names_section
from tasks.policyqa.questions import SPLITS, Question, breaches, located


def read_folder(data: Path) -> tuple[Folder, list[Finding]]:
    """What of a data folder can be read, and where it breaks its contract."""
    findings: list[Finding] = []
    sections = dict(_sections(data, findings))
    faulty = {Path(finding.place.split(":")[0]).stem for finding in findings}
    numbered = list(_questions(data, findings))
    pairs = [(one.line, one.question) for one in numbered]
    named = {name for one in numbered for name in one.question.evidence}
    # What is missing from a document that could not be read whole may well be in it.
    excused = {name for name in named if framework_of(name) in faulty}
    pages = {section.id: section.pages for section in sections.values()}
    coverage = Coverage([*sections, *sorted(excused)], pages)
    for line, rule, message in breaches(pairs, coverage):
        findings.append(Finding(rule, f"questions.jsonl:{line}", message))
    findings += overlaps(numbered, coverage)
    found = [Numbered(one.line, located(one.question, coverage)) for one in numbered]
    return Folder(sections, found), findings


def overlaps(numbered: Sequence[Numbered], coverage: Coverage) -> Iterator[Finding]:
    """Documents and pages that cover evidence of several splits, each where it first stands.

    Args:
        numbered: questions with evidence as their lines name it.
        coverage: the sections that it covers.
    """
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


def _sections(data: Path, findings: list[Finding]) -> Iterator[tuple[str, Section]]:
    seen: set[str] = set()
    if not has_corpus(data):
        return
    try:
        files = corpus_files(data)
    except DataError as error:
        findings.append(Finding("schema", "corpus", str(error)))
        return
    for path in files:
        place = f"corpus/{path.name}"
        _, sections, errors = scan_framework(path)
        findings += [_from_error(error, path, place) for error in errors]
        for line, section in sections:
            if section.id in seen:
                message = f"the section id {section.id} stands here again"
                findings.append(Finding("schema", f"{place}:{line}", message))
            seen.add(section.id)
            yield section.id, section


def _questions(data: Path, findings: list[Finding]) -> Iterator[Numbered]:
    path = data / "questions.jsonl"
    try:
        lines = list(numbered_lines(path))
    except DataError as error:
        findings.append(Finding("schema", path.name, str(error)))
        return
    if not lines:
        findings.append(Finding("schema", path.name, "holds no question"))
    for line, text in lines:
        place = f"{path}:{line}"
        try:
            value = json_object(text, place)
            yield Numbered(line, validated(Question, value, place, DataError))
        except DataError as error:
            findings.append(_from_error(error, path, path.name))


def _from_error(error: DataError, path: Path, name: str) -> Finding:
    """A finding of an error whose message begins with path and line."""
    place, _, message = str(error).removeprefix(str(path)).partition(": ")
    return Finding("schema", f"{name}{place}", message)
