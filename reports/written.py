"""What is written beside a run's figures: the page, Markdown, rows for a spreadsheet, the chart."""

from collections.abc import Iterable
from pathlib import Path

from harness.files import write_whole
from harness.runs import CHART, Result
from reports.markdown import markdown
from reports.page.page import run_page
from reports.page.reading import RunRead
from reports.pictures.sweep import chart
from reports.question_rows import question_csv

RUN_PAGE = "report.html"
"""In a run's folder."""


def write_reports(run: RunRead) -> None:
    """Write ``report.html``, ``report.md`` and ``report.csv`` into a run's folder, and the chart of
    a suite that varied the context."""
    drawn = bool(run.comparison.sweep)
    if drawn:
        write_whole(run.folder / CHART, chart(run.comparison))
    else:
        (run.folder / CHART).unlink(missing_ok=True)  # Of the suite as it was in an earlier run.
    write_whole(run.folder / "report.md", markdown(run.comparison, CHART if drawn else None))
    write_rows(run.folder / "report.csv", run.results.values())
    write_whole(run.folder / RUN_PAGE, run_page(run))


def write_rows(path: Path, results: Iterable[Result]) -> None:
    """Write what was answered and scored as CSV; its mark of UTF-8 is for Excel."""
    write_whole(path, "\ufeff" + question_csv(list(results)))
