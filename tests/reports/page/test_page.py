"""What is in the page, and that it is the same whenever it is drawn."""

import base64
import gzip
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from reports.page.explorer import explorer
from reports.page.page import run_page
from reports.page.reading import read_run
from tests.conftest import printed, refused
from tests.reports.conftest import amending, rewritten
from tests.reports.page.conftest import CONTEXT, write_page_run


def head_of(text: str) -> dict[str, Any]:
    """What the page's script unpacks first."""
    (packed,) = re.findall(r'<script type="text/plain" id="head">([^<]+)</script>', text)
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return found


def test_a_run_that_was_moved_is_drawn_again_byte_for_byte(page_run: Path, tmp_path: Path) -> None:
    drawn = run_page(read_run(page_run))
    shutil.copytree(page_run, tmp_path / "elsewhere")
    assert run_page(read_run(tmp_path / "elsewhere")) == drawn


def test_the_verdict_its_reasons_and_the_signature_stand_in_it(page_run: Path) -> None:
    text, comparison = run_page(read_run(page_run)), read_run(page_run).comparison
    assert comparison.verdict is not None
    for said in (comparison.verdict.sentence, *comparison.verdict.reasons, comparison.signature):
        assert said.replace("'", "&#39;").replace(">", "&gt;") in text


def test_every_picture_has_a_title_and_words(page_run: Path) -> None:
    figures = re.findall(r"<figure>(.*?)</figure>", run_page(read_run(page_run)), re.DOTALL)
    assert len(figures) > 3
    for figure in figures:
        assert re.search(r'<svg[^>]*role="img"[^>]*aria-label="[^"]+"', figure)
        assert re.search(r"<figcaption>[^<]+</figcaption>", figure)
        assert re.search(r"<details><summary>In words</summary><p>[^<]{20,}</p>", figure)


def test_scores_are_means_over_replicates_and_none_without_one(page_run: Path) -> None:
    run = read_run(page_run)
    head = head_of(run_page(run))
    names = [one["name"] for one in head["metrics"]]
    rouge, refusals = names.index("rouge_l"), names.index("over_refusal")
    place = [one["name"] for one in head["variants"]].index("sft-rag/rag")
    assert head["scores"][rouge][place][:3] == [0.6, 0.4, 0.1]
    assert head["scores"][refusals][place][0] is None  # Its evidence was not shown.
    twice = replace(run.results["sft-rag/rag"], further=(run.results["base/plain"].outcomes,))
    run = replace(run, results={**run.results, "sft-rag/rag": twice})
    assert explorer(run).head["scores"][rouge][place][:3] == [0.5, 0.4, 0.25]


def test_marks_are_counted_in_the_units_of_a_browser(tmp_path: Path) -> None:
    """A letter beyond U+FFFF is one in Python, and two in JavaScript."""
    run = write_page_run(tmp_path / "run", question="x")
    (log,) = (run / "variants" / "sft-rag" / "rag").glob("samples_*.jsonl")
    first, *others = log.read_text().splitlines()
    line = json.loads(first)
    line["filtered_resps"] = ["\U0001f4e6 Box 0 is blue."]
    kept = {"metric": "colours", "kind": "fact found", "reference": 0, "note": ""}
    line["marks"] = [
        kept | {"of": "answer", "start": 2, "end": 5},
        kept | {"of": "context", "start": 4, "end": 8},
    ]
    rewritten(log, [line, *others])
    found = explorer(read_run(run))
    place = [one["name"] for one in found.head["variants"]].index("sft-rag/rag")
    detail = next(found.parts)[0][place]
    answer = found.head["answers"][place][0].encode("utf-16-le")
    (in_answer, in_context) = detail["marks"]
    assert answer[2 * in_answer["start"] : 2 * in_answer["end"]].decode("utf-16-le") == "Box"
    passage = detail["passages"][0]
    start = in_context["start"] - passage["start"]
    assert passage["text"][start : start + 4] == "Bins"
    assert [one["text"] for one in detail["passages"]] == CONTEXT.split("\n")


def test_runs_of_other_questions_do_not_stand_in_one_page(page_run: Path, tmp_path: Path) -> None:
    other = write_page_run(tmp_path / "asked", question="Something else?")
    with pytest.raises(ConfigError, match="another text"):
        run_page(read_run(page_run), read_run(other))
    scored = write_page_run(tmp_path / "scored")
    with amending(scored / "manifest.json") as manifest:
        manifest["metrics"]["rouge_l"]["signature"] = "rouge_l|other"
    with pytest.raises(ConfigError, match=r"rouge_l is .* and rouge_l\|other in"):
        run_page(read_run(page_run), read_run(scored))


def test_the_command_writes_page_and_rows(page_run: Path, tmp_path: Path) -> None:
    page, rows = tmp_path / "x.html", tmp_path / "x.csv"
    printed("report", page_run, "--html", page, "--csv", rows)
    assert page.read_text(encoding="utf-8") == run_page(read_run(page_run))
    assert rows.read_bytes().startswith(b"\xef\xbb\xbfid,")
    assert "--html FILE" in refused("report", page_run, "--before", page_run)
