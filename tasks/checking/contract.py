"""Schema, evidence and splits: every breach, where the loader stops at the first."""

from collections.abc import Iterator
from pathlib import Path

from harness.errors import DataError
from harness.files import json_object, numbered_lines
from harness.validation import validated
from rag.corpus import Section, corpus_files, framework_of, scan_framework
from tasks.checking.findings import Finding, Folder, Numbered
from tasks.policyqa.questions import Question, breaches


def read_folder(data: Path) -> tuple[Folder, list[Finding]]:
    """What of a data folder can be read, and where it breaks its contract."""
    findings: list[Finding] = []
    sections = dict(_sections(data, findings))
    faulty = {Path(finding.place.split(":")[0]).stem for finding in findings}
    numbered = list(_questions(data, findings))
    pairs = [(one.line, one.question) for one in numbered]
    named = {section for one in numbered for section in one.question.evidence}
    # What is missing from a document that could not be read whole may well be in it.
    excused = {section for section in named if framework_of(section) in faulty}
    for line, rule, message in breaches(pairs, {*sections, *excused}):
        findings.append(Finding(rule, f"questions.jsonl:{line}", message))
    return Folder(sections, numbered), findings


def _sections(data: Path, findings: list[Finding]) -> Iterator[tuple[str, Section]]:
    seen: set[str] = set()
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
