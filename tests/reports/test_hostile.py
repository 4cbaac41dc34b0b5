"""A run whose names are written to do harm: they are shown as text, wherever it is shown."""

import io
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from policyqa.progress import Watch
from reports.comparison import Comparison, compare_run
from reports.markdown import markdown
from reports.tables import tables
from tests.reports.conftest import shown

HARM = (
    "<script>alert(1)</script>",
    "a|b `c` ``d`` *e* __f__ ~~g~~",
    "![h](http://e/p.png) [i](http://e) <http://e> www.e.com me@e.com",
    "[j]: http://e",
    "<!-- k --> &lt; &#60;",
    "@octocat #12 o/r#12 GH-12",
    "[bold]l[/bold] [link=http://e]m[/link]",
    "\x1b[31mn\x9b31m\u202eo\u2066p\u200bq\ud800\x07",
    "\n# r\n\n- s\n\n```\nt\n===\n[ ] u\n",
)
NAME = " ".join(HARM)


def hostile(comparison: Comparison) -> Comparison:
    """The comparison with every name and text that is not ours replaced."""
    document = comparison.as_json()
    names = {name: f"{name} {NAME}" for name in document["variants"]}
    replaced: dict[str, Any] = _renamed(document, names)
    for place, metric in enumerate(replaced["metrics"].values()):
        metric["title"] = f"title {place} {NAME}"
    for entry in replaced["variants"].values():
        entry["unanswered"] = [NAME]
        entry["trained_in"], entry["asked_in"] = NAME, NAME
    replaced["suite"] |= {"name": NAME, "model": NAME, "split": NAME}
    replaced["machine"] |= {"processor": NAME, "device": NAME}
    replaced["signature"] = NAME
    return Comparison.model_validate(replaced)


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


@pytest.fixture
def harmful(made_up_run: Path) -> Comparison:
    """A comparison of such a run."""
    return hostile(compare_run(made_up_run))


def test_in_markdown_nothing_of_it_is_markup(harmful: Comparison) -> None:
    text = markdown(harmful, "sweep.svg")
    found = []
    for token in (
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text)
    ):
        found += [token, *(token.children or [])]
    kinds = [token.type for token in found]
    assert {one.content for one in found if one.type == "html_inline"} == {"<br>"}
    (image,) = [one for one in found if one.type == "image"]
    assert image.attrs["src"] == "sweep.svg"
    assert not {"html_block", "link_open", "em_open", "strong_open", "s_open", "fence"} & {*kinds}
    assert not {"code_block", "hr", "blockquote_open", "ordered_list_open"} & {*kinds}
    made = tables(harmful)
    headings = {
        level: [t for t in found if t.type == "heading_open" and t.tag == level]
        for level in ("h1", "h2")
    }
    assert len(headings["h1"]) == 1
    assert len(headings["h2"]) == kinds.count("table_open") == len(made)
    assert kinds.count("tr_open") == sum(len(table.rows) + 1 for table in made)
    assert kinds.count("list_item_open") == len({table.note for table in made} - {""})
    # Of code there is the signature alone, where GitHub finds no mentions.
    assert kinds.count("code_inline") == 1
    said = "".join(token.content for token in found if token.type.startswith("text"))
    for mention in ("@octocat", "#12", "GH-12", "www.e.com", "http://", "me@e.com"):
        assert mention not in said
        assert mention in said.replace("\u200b", "")


def test_a_terminal_is_not_steered_and_markup_is_text(harmful: Comparison) -> None:
    console = Console(file=io.StringIO(), width=200, force_terminal=False)
    text = shown(harmful)
    assert not {one for one in text if not one.isprintable()} - {"\n"}
    flat = "".join(text.split())
    for part in ("[bold]l[/bold]", "<script>alert(1)</script>", r"\x1b[31mn\x9b31m\u202eo\u2066p"):
        assert part in flat
    assert "[link=http://e]m[/link]" in flat
    watch = Watch(console)
    with watch.plan([1.0]), watch.stage(NAME):
        watch.say(NAME)
    written: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert not {one for one in written if not one.isprintable()} - {"\n"}
    assert written.count("[bold]l[/bold]") == 2
