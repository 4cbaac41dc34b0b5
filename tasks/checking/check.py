"""
All checks of a data folder.

    for finding in check_data(Path("my/data")):
        print(finding)
"""

from collections.abc import Collection
from pathlib import Path

from harness.errors import ConfigError, DataError
from harness.progress import Advance, silent
from rag.embedder import Embedder
from tasks.checking.answers import answer_findings
from tasks.checking.contract import read_data
from tasks.checking.duplicates import duplicate_findings
from tasks.checking.facts import fact_findings
from tasks.checking.findings import CHECKS, Finding
from tasks.checking.likeness import Remembering
from tasks.checking.style import style_findings
from tasks.checking.unanswerable import answered_findings


def check_data(data: Path, skip: Collection[str] = (), advance: Advance = silent) -> list[Finding]:
    """What is wrong with a data folder, by check and then by place; ``skip`` leaves checks out.

    Raises:
        ConfigError: ``skip`` names no check.
        DataError: there is no such folder.
    """
    unknown = sorted(set(skip) - set(CHECKS))
    if unknown:
        raise ConfigError(f"no check {', '.join(unknown)}; there are {', '.join(CHECKS)}")
    if not data.is_dir():
        raise DataError(f"{data} is no folder")
    folder, findings = read_data(data)
    findings += answer_findings(folder)
    findings += fact_findings(folder)
    advance(1, 4)
    embedder = Embedder()
    known = Remembering(embedder)  # Several checks look at the same questions.
    if "duplicate" not in skip:
        findings += duplicate_findings(folder, known)
    advance(2, 4)
    if "answered" not in skip:
        findings += answered_findings(folder, embedder, known)
    advance(3, 4)
    if "style" not in skip:
        findings += style_findings(folder)
    advance(4, 4)
    order = list(CHECKS)
    kept = [finding for finding in findings if finding.check not in skip]
    return sorted(kept, key=lambda finding: (order.index(finding.check), finding.place_order))
