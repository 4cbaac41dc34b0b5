"""What models and documents say appears as text: in the page, in Markdown, CSV and a terminal."""

import csv
import io
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser
from rich.console import Console

from reports.markdown import markdown
from reports.page.page import run_page
from reports.page.reading import RunRead, read_run
from reports.question_rows import question_csv
from reports.terminal import show_comparison
from tests.reports.made_up import write_run
from tests.reports.page.conftest import open_page, sample

HOSTILE = {
    "script": "<script>document.title = 'broken'</script>",
    "end of a script": "</script><img src=x onerror=\"document.title='broken'\">",
    "comment": "<!-- <script> --> ]]> </textarea></style></title>",
    "handler": "<img src='http://example.org/x.png' onerror='document.title=1'>",
    "braces": "{{ 7 * 7 }} {% raw %} ${7*7} {#",
    "bidirectional": "\u202egpj.exe\u202c \u2066inside\u2069 \u200f",
    "terminal": "\x1b[31mred\x1b[0m \x07 \x9b2J \r\n",
    "surrogates": "a lone \ud800 half and \udfff another",
    "formula": '=HYPERLINK("http://example.org","x")',
    "markdown": "| [x](http://example.org) `code` ![y](http://example.org/y.png) @somebody #1",
}
BIG = "word " * 200_000


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> RunRead:
    """A run whose answers, questions, references, contexts and model are of that kind."""
    texts = [*HOSTILE.values(), BIG]
    samples = {
        name: [
            sample(
                number,
                0.3 + shift,
                text if shift else "an answer",
                True,
                question=f"{number}: {text}",
                answer=text,
                context=f"[1] {text}\n[2] {text}",
                id=f"q{number}",
                kind=text[:200],
            )
            for number, text in enumerate(texts)
        ]
        for name, shift in (("base/plain", 0.0), ("sft/plain", 0.1))
    }
    model = HOSTILE["end of a script"] + HOSTILE["bidirectional"] + HOSTILE["terminal"]
    return read_run(
        write_run(tmp_path_factory.mktemp("hostile") / "run", samples, name="x", model=model)
    )


def test_in_the_page_it_is_text(hostile: RunRead, chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(run_page(hostile), encoding="utf-8")
    found = open_page(chromium, file)
    scripts = found.page.locator("script").count()
    for number in range(len(HOSTILE) + 1):
        found.page.locator("button.open").nth(number).click()
        found.page.wait_for_selector(f"#opened-title >> text={number}:")
        for summary in found.page.locator("#opened summary").all():
            summary.click()
        text = found.page.locator("#opened").text_content() or ""
        if number == len(HOSTILE):
            answer = found.page.locator(".pair .answer").nth(1).locator(".text").first
            answer.get_by_role("button").click()
            assert answer.text_content() == BIG.strip()
        else:
            for part in visible_parts(list(HOSTILE.values())[number]):
                assert part in text
        found.page.keyboard.press("Escape")
    assert found.complaints == []
    assert found.page.title() != "broken"
    assert found.page.locator("img").count() == 0
    assert found.page.locator("script").count() == scripts
    found.page.context.close()


def visible_parts(text: str) -> list[str]:
    """Words of a text that a reader must find, controls by their number."""
    controls = {"\u202e": "\\u202e", "\u2066": "\\u2066", "\x1b": "\\u001b", "\ud800": "\\ud800"}
    for control, shown in controls.items():
        text = text.replace(control, f" {shown} ")
    return [word for word in text.split() if word.isprintable() and word.isascii()]


def test_the_file_holds_no_control_and_no_half_of_a_character(hostile: RunRead) -> None:
    text = run_page(hostile)
    text.encode("utf-8")
    assert not {"\x1b", "\u202e", "\x9b", "\x07"} & set(text.split('id="datatables"')[0])


def test_in_csv_no_cell_is_a_formula(hostile: RunRead) -> None:
    rows = list(csv.reader(io.StringIO(question_csv(list(hostile.results.values())), newline="")))
    assert len(rows) == 1 + 2 * (len(HOSTILE) + 1)
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "@"))]
    assert any(cell == "'" + HOSTILE["formula"] for cell in cells)


def test_in_markdown_and_on_a_terminal_nothing_steers(hostile: RunRead) -> None:
    text = markdown(hostile.comparison)
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    parts = [part for one in tokens for part in (one, *(one.children or ()))]
    assert not {one.type for one in parts} & {"html_block", "image", "link_open"}
    assert {one.content for one in parts if one.type == "html_inline"} <= {"<br>"}  # Ours.
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    show_comparison(hostile.comparison, console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for said in (text, shown):
        assert not {"\x1b", "\u202e", "\x9b", "\x07"} & set(said)
