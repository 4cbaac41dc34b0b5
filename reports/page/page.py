"""A run, or two, → one HTML file. Templates and scripts are files beside this one."""

import base64
import gzip
import json
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.inert import visible
from reports.cells import TextTable
from reports.checked import checked
from reports.decision import Decided
from reports.page.explorer import explorer
from reports.page.reading import RunRead, check_comparable
from reports.pairwise import compare_variants
from reports.pictures import pictures
from reports.side import result_side
from reports.tables import notes, pair_table, tables

ASSETS = Path(__file__).with_name("assets")
SCRIPTS = (
    "unpacking", "data", "text", "csv", "state", "filters", "list", "question", "judging", "main",
)  # fmt: skip
"""In the order in which they use one another."""
FIRST_PICTURES = 2
"""Shown at once: what the verdict is read off. The others are folded."""


def run_page(after: RunRead, before: RunRead | None = None) -> str:
    """The page of a run; of two, the later beside the earlier. The same runs give the same bytes.

    Raises:
        ConfigError: the two cannot be compared.
    """
    if before:
        check_comparable(after, before)
    runs = [("after", after), ("before", before)] if before else [("", after)]
    shown = [table for when, run in runs for table in _tables(run, when)]
    flips, same = _flips(after, before) if before else ([], [])
    drawn = pictures(after.comparison)
    found = explorer(after, before)
    template = environment(Path(__file__).parent).get_template("page.html")
    return template.render(
        title=_title(after, before),
        verdicts=[_verdict(run, when) for when, run in runs],
        flips=flips,
        same=same,
        trust=_trust(after),
        run=f"runs/{after.comparison.suite.name}",
        yardstick=after.comparison.yardstick,
        pictures=drawn[:FIRST_PICTURES],
        more_pictures=drawn[FIRST_PICTURES:],
        tables=shown,
        notes=notes(shown),
        signatures=[run.comparison.signature for _, run in runs],
        machine=after.comparison.machine.words,
        style=(ASSETS / "page.css").read_text(encoding="utf-8"),
        library=_library(),
        script="\n".join(script_of(name) for name in SCRIPTS),
        head=packed(found.head),
        details=[packed(part) for part in found.parts],
    )


def environment(folder: Path) -> Environment:
    """Templates of a folder, into which all text goes inert."""

    def inert(value: object) -> object:
        return value if isinstance(value, Markup) else visible(str(value))

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        finalize=inert,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def script_of(name: str) -> str:
    """A script of pages, by its name."""
    return (ASSETS / f"{name}.js").read_text(encoding="utf-8")


def _library() -> str:
    """DataTables, as itables carries it, so that it can end no element of the page."""
    # Found without importing itables, which imports pandas.
    found = Path(str(distribution("itables").locate_file("itables/html/dt_bundle.js")))
    bundle = found.read_text(encoding="utf-8")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def packed(value: Any) -> str:
    """JSON, compressed, in base64, which ends no element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _title(after: RunRead, before: RunRead | None) -> str:
    suite = after.comparison.suite
    model = f" · {suite.model}" if suite.model else ""
    name = f"{suite.name} beside {before.comparison.suite.name}" if before else suite.name
    questions = len(next(iter(after.results.values())).outcomes)
    return f"{name}{model} · {questions} questions of {suite.split}"


def _verdict(run: RunRead, when: str) -> dict[str, Any]:
    decided = run.comparison.verdict
    if decided is None:
        nothing = "No verdict: no two variants have a deciding score of one question."
        return {"when": when, "decision": "none", "sentence": nothing, "change": "", "reasons": []}
    return {
        "when": when,
        "decision": decided.decision,
        "sentence": decided.sentence,
        "change": _change(decided),
        "reasons": list(decided.reasons),
    }


def _change(decided: Decided) -> str:
    if decided.needed is None:
        return ""
    more = decided.needed.questions - decided.n
    if more <= 0:
        return ""
    return (
        f"{more} more questions: {decided.needed.questions} in {decided.needed.clusters} groups in "
        "all would probably decide, were the figures found the true ones."
    )


def _tables(run: RunRead, when: str) -> list[TextTable]:
    """The tables of a run, without what stands at the top already."""
    verdict = run.comparison.verdict
    said = set(verdict.reasons) if verdict else set()
    return [
        replace(
            one,
            title=f"{when}: {one.title}" if when else one.title,
            conclusions=[line for line in one.conclusions if line not in said],
        )
        for one in tables(run.comparison)
    ]


def _flips(after: RunRead, before: RunRead) -> tuple[list[TextTable], list[str]]:
    """Each variant that both have, after minus before; and of which nothing changed."""
    shown, same = [], []
    for name, what in after.manifest["variants"].items():
        if what["floor"] or name not in before.results:
            continue
        if _told(after, name) == _told(before, name):
            same.append(name)
            continue
        ours = replace(result_side(after.results[name], after.manifest), name=f"after: {name}")
        theirs = replace(result_side(before.results[name], before.manifest), name=f"before: {name}")
        shown.append(pair_table(compare_variants(ours, theirs)))
    return shown, same


def _told(run: RunRead, name: str) -> dict[str, Any]:
    return {key: (one.text, one.values) for key, one in run.results[name].outcomes.items()}


def _trust(run: RunRead) -> str:
    """How far the deciding metric was checked."""
    verdict = run.comparison.verdict
    return f"{checked(run.comparison.metrics[verdict.by].signature)}." if verdict else ""
