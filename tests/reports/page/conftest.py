"""A run to look at, and a real browser to look with."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from reports.page.page import run_page
from reports.page.reading import read_run
from tests.reports.made_up import REFUSAL, Sample, made_up_sample, write_run

COST = {"prompt_tokens": 120.0, "answer_tokens": 7.0, "seconds": 0.25, "price": None}
CONTEXT = "[1] Bins (Article 1): bins are green.\n[2] Boxes (Article 2): boxes are blue."
"""What ``sft-rag/rag`` is shown of every question; the evidence is the second, or nothing of it."""


def sample(number: int, level: float, said: str, shown: bool | None, **document: Any) -> Sample:
    """A line of a log; ``shown`` is whether the context has the evidence, None without one."""
    ids = [] if shown is None else ["law/art-1", "law/art-2" if shown else "law/art-3"]
    made = made_up_sample(number, level, ["law/art-2"], ids, said, COST)
    made["doc"] |= {
        "question": f"Which colour has box {number}?",
        "answer": f"Box {number} is blue.",
        "answers": [],
        "kind": "definition" if number % 3 else "threshold",
        "context": "" if shown is None else CONTEXT,
        "context_ids": ids,
    } | document
    made["arguments"] = {"gen_args_0": {"arg_0": f"Asked of box {number}: which colour?"}}
    return made


def write_page_run(folder: Path, gain: float = 0.2, **document: Any) -> Path:
    """Thirty questions: of every three ``sft-rag/rag`` wins one by ``gain``, ties one, and refuses
    one though the evidence was shown; of every fifth it was not."""
    variants: dict[str, list[Sample]] = {
        "floor/sentence": [sample(n, 0.3, "Boxes are blue.", None, **document) for n in range(30)],
        "base/plain": [sample(n, 0.4, f"Box {n} is red.", None, **document) for n in range(30)],
        "sft-rag/rag": [
            sample(
                n,
                0.4 + (gain, 0.0, -0.3)[n % 3],
                (f"Box {n} is blue.", f"Box {n} is red.", REFUSAL)[n % 3],
                bool(n % 5),
                **document,
            )
            for n in range(30)
        ],
    }
    for one in variants["sft-rag/rag"]:
        if one["filtered_resps"][0].endswith("blue."):
            one["marks"] = [
                {"metric": "colours", "of": "answer", "start": 0, "end": 3, "kind": "fact found",
                 "reference": 0, "note": "a box"},
                {"metric": "colours", "of": "answer", "start": 0, "end": 0, "kind": "fact missed",
                 "reference": 0, "note": "its lid"},
            ]  # fmt: skip
    return write_run(folder, variants, name="boxes", model="small")


@dataclass
class Opened:
    """A page in the browser, and what it did that it should not."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    """Errors, and requests for anything but the file itself."""

    def listed(self) -> list[str]:
        """The ids of the questions that are listed, first page."""
        return self.page.locator("#list tbody td.question .aside").all_inner_texts()

    def choose(self, name: str, label: str) -> None:
        """Choose an option of a control."""
        self.page.locator(f"#control-{name}").select_option(label=label)


def open_page(browser: Browser, file: Path, state: str = "", **settings: Any) -> Opened:
    """Open a file, and wait until it lives."""
    page = browser.new_context(accept_downloads=True, **settings).new_page()
    opened = Opened(page)
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    page.on(
        "console",
        lambda said: opened.complaints.append(said.text) if said.type == "error" else None,
    )

    def allow(route: Route) -> None:
        if not route.request.url.startswith(file.as_uri()):
            opened.complaints.append(route.request.url)
        route.continue_()

    page.route("**/*", allow)
    page.goto(file.as_uri() + state)
    page.wait_for_selector("html[data-ready=yes]")
    return opened


@pytest.fixture(scope="session")
def page_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that the page shows."""
    return write_page_run(tmp_path_factory.mktemp("page") / "run")


@pytest.fixture(scope="session")
def page_file(page_run: Path) -> Path:
    """Its page."""
    file = page_run.parent / "report.html"
    file.write_text(run_page(read_run(page_run)), encoding="utf-8")
    return file


@pytest.fixture
def opened(chromium: Browser, page_file: Path) -> Iterator[Opened]:
    """The page, in a browser; it asked for nothing and complained of nothing."""
    found = open_page(chromium, page_file, viewport={"width": 1280, "height": 900})
    yield found
    assert found.complaints == []
    found.page.context.close()
