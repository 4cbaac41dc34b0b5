"""The explorer, as its reader uses it: in a real browser."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from reports.page.page import run_page
from reports.page.reading import read_run
from reports.preferences import read_preferences
from tests.reports.conftest import amending, rewritten
from tests.reports.made_up import write_run
from tests.reports.page.conftest import Opened, open_page, sample, write_page_run

WON = [f"q{n}" for n in range(0, 30, 3)]
TIED = [f"q{n}" for n in range(1, 30, 3)]
LOST = [f"q{n}" for n in range(2, 30, 3)]


def test_nothing_is_fetched_and_nothing_fails(opened: Opened) -> None:
    assert opened.page.locator("h1").inner_text()
    assert len(opened.listed()) == 20
    assert opened.page.locator("#said").inner_text() == "30 of 30 questions"


@pytest.mark.parametrize(
    ("label", "ids"),
    [
        ("won: the candidate is better", WON),
        ("lost: the candidate is worse", LOST),
        ("the candidate is the best of all", WON),
        ("the candidate is the worst of all", LOST),
        ("abstained", LOST),
        ("evidence not shown", ["q0", "q5", "q10", "q15", "q20", "q25"]),
        ("marked: fact found", WON),
        ("cause: needless refusal", [one for one in LOST if int(one[1:]) % 5]),
        ("cause: evidence not found", ["q5", "q20"]),
    ],
)
def test_a_filter_leaves_its_questions(opened: Opened, label: str, ids: list[str]) -> None:
    opened.choose("show", label)
    assert opened.listed() == ids


def test_changed_are_those_with_another_answer_or_score(opened: Opened) -> None:
    opened.choose("show", "changed")
    assert opened.page.locator("#said").inner_text() == "20 of 30 questions"


def test_the_slider_leaves_large_differences(opened: Opened) -> None:
    least = opened.page.locator("#control-least")
    assert float(least.get_attribute("max") or 0) == pytest.approx(0.5)  # From 0.1 to 0.6.
    least.fill("0.3")  # As much counts, however it is rounded.
    assert opened.listed() == LOST


def test_slices_and_search_narrow_the_list(opened: Opened) -> None:
    opened.page.locator("#slice-0").select_option(label="threshold")
    assert opened.listed() == WON  # Every third, and those win.
    opened.page.locator("#control-search").fill("BOX 27 blue")
    assert opened.listed() == ["q27"]
    opened.page.locator("#control-search").fill("no such words")
    assert opened.page.locator("#list").inner_text().count("No question is left") == 1


def test_the_order_is_the_chosen_one(opened: Opened) -> None:
    opened.choose("sort", "largest loss first")
    assert opened.listed()[:10] == LOST
    opened.choose("sort", "largest gain first")
    assert opened.listed()[:10] == WON
    opened.choose("sort", "candidate's highest score first")
    assert opened.listed()[:10] == WON


def test_a_question_shows_all_that_is_known_of_its_answers(opened: Opened) -> None:
    opened.page.locator("button.open").nth(3).click()
    shown = opened.page.locator("#opened")
    boxes = shown.locator(".pair .answer")
    assert boxes.nth(0).locator("h4").inner_text() == "base/plain"
    assert boxes.nth(1).locator("h4").inner_text() == "sft-rag/rag"
    assert boxes.nth(0).locator("mark").all_inner_texts() == ["red"]
    assert boxes.nth(1).locator("mark.mark-fact-found").inner_text().startswith("Box")
    assert "fact missed: its lid" in boxes.nth(1).inner_text()
    assert "120 prompt tokens · 7 answer tokens · 0.25 s" in boxes.nth(1).inner_text()
    for summary in boxes.nth(1).locator("summary").all():
        summary.click()
    assert boxes.nth(1).locator("li.evidence").inner_text().startswith("law/art-2 evidence")
    assert "boxes are blue" in boxes.nth(1).locator("li.evidence").inner_text()
    assert "Asked of box 3: which colour?" in boxes.nth(1).inner_text()
    assert "Box 3 is blue." in shown.inner_text()


def test_keys_go_through_the_list_and_the_focus_comes_back(opened: Opened) -> None:
    page = opened.page
    opened.choose("show", "lost: the candidate is worse")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.wait_for_selector("#opened-title >> text=box 2?")
    page.keyboard.press("j")
    page.wait_for_selector("#opened-title >> text=box 5?")
    page.keyboard.press("k")
    page.wait_for_selector("#opened-title >> text=box 2?")
    page.keyboard.press("k")
    assert page.locator("#told").inner_text() == "That was the first question."
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="hidden")
    expect(page.locator("button.open", has_text="box 2?")).to_be_focused()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "control-search"
    page.keyboard.type("j")  # A letter of the search, not a key.
    assert page.locator("dialog").is_hidden()


def test_a_filter_and_a_question_can_be_linked(
    opened: Opened, chromium: Browser, page_file: Path
) -> None:
    opened.choose("show", "lost: the candidate is worse")
    opened.page.locator("#control-search").fill("box 8")
    opened.page.locator("button.open").first.click()
    opened.page.wait_for_selector("dialog[open]")
    state = opened.page.evaluate("location.hash")
    again = open_page(chromium, page_file, state)
    assert "box 8?" in again.page.locator("#opened-title").inner_text()
    assert again.page.locator("#control-show").input_value() == "lost"
    again.page.keyboard.press("Escape")
    assert again.listed() == ["q8"]
    assert again.complaints == []
    again.page.context.close()


def test_a_link_that_names_nothing_here_shows_everything(
    chromium: Browser, page_file: Path
) -> None:
    state = "#show=nonsense&candidate=nobody&least=lots&question=q99&kind=x&sort=%00"
    found = open_page(chromium, page_file, state)
    assert found.page.locator("#said").inner_text() == "30 of 30 questions"
    assert found.complaints == []
    found.page.context.close()


def judge(opened: Opened, question: int, choice: int, note: str = "") -> None:
    """Choose one of first, equally good, second."""
    opened.page.locator("button.open").nth(question).click()
    opened.page.locator("#opened input[type=radio]").nth(choice).check()
    if note:
        opened.page.locator("#opened textarea").fill(note)
    opened.page.keyboard.press("Escape")
    # The address follows when the browser tells that the dialog is closed, which is later.
    expect(opened.page).not_to_have_url(re.compile("question="))


def exported(opened: Opened, to: Path) -> Path:
    with opened.page.expect_download() as download:
        opened.page.locator("#export").click()
    download.value.save_as(to)
    return to


def test_judgements_are_kept_and_exported_as_validity_reads_them(
    opened: Opened, page_run: Path, tmp_path: Path
) -> None:
    judge(opened, 0, 2, note='=cmd() "quoted", and\nlines')
    judge(opened, 1, 1)
    judge(opened, 2, 0)
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=yes]")
    assert opened.page.locator("#judged").inner_text() == "3 judged."
    opened.page.locator("#rater").fill("reader 1")
    file = exported(opened, tmp_path / "preferences.csv")
    found = read_preferences(file, page_run)
    assert [pair.votes for pair in found.pairs] == [(-1,), (0,), (1,)]
    assert found.pairs[0].first.answer == "Box 0 is red."
    assert found.pairs[0].second.answer == "Box 0 is blue."
    lines = list(csv.DictReader(file.open(encoding="utf-8", newline="")))
    assert lines[0]["note"] == '\'=cmd() "quoted", and\nlines'
    assert lines[0]["rater"] == "reader 1"


def test_blind_judging_hides_who_answered_and_counts_for_the_right_one(
    opened: Opened, page_run: Path, tmp_path: Path
) -> None:
    opened.page.locator("#control-blind").check()
    firsts = []
    for question in range(0, 18, 3):  # The candidate's answers are the blue ones.
        opened.page.locator("button.open").nth(question).click()
        opened.page.wait_for_selector(f"#opened-title >> text=box {question}?")
        text = opened.page.locator("#opened").inner_text()
        assert not [one for one in ("base/plain", "sft-rag", "BERTScore", "null") if one in text]
        answers = opened.page.locator(".pair .answer .text").all_inner_texts()
        firsts.append("blue" in answers[0])
        opened.page.locator("#opened input[type=radio]").nth(0 if firsts[-1] else 2).check()
        opened.page.keyboard.press("Escape")
    assert set(firsts) == {True, False}  # Neither side is always first.
    found = read_preferences(exported(opened, tmp_path / "preferences.csv"), page_run)
    assert {pair.votes for pair in found.pairs} == {(-1,)}  # All for the candidate, which is b.


def test_what_a_reader_judged_of_another_run_is_not_this_ones(
    chromium: Browser, page_file: Path, tmp_path: Path
) -> None:
    other = write_page_run(tmp_path / "other", gain=0.3)
    with amending(other / "manifest.json") as manifest:
        manifest["signature"] = manifest["signature"].replace("seed:7", "seed:8")
    first = open_page(chromium, page_file)
    judge(first, 0, 0)
    file = tmp_path / "other.html"
    file.write_text(run_page(read_run(other)), encoding="utf-8")
    first.page.goto(file.as_uri())
    first.page.wait_for_selector("html[data-ready=yes]")
    assert first.page.locator("#judged").inner_text() == "0 judged."
    first.page.context.close()


def test_floors_are_shown_where_they_are_asked_for(opened: Opened) -> None:
    assert "floor/sentence" not in opened.page.locator("#list thead").inner_text()
    opened.page.locator("#control-floors").check()
    assert "floor/sentence" in opened.page.locator("#list thead").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious(
    chromium: Browser, page_file: Path, scheme: str, width: int
) -> None:
    found = open_page(
        chromium, page_file, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    for opening in (False, True):
        if opening:
            found.page.locator("button.open").first.click()
            found.page.wait_for_selector("dialog[open]")
        serious = [
            (one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"])
            for one in Axe().run(found.page).response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
    found.page.context.close()


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_no_width_makes_the_page_scroll_sideways(
    chromium: Browser, page_file: Path, width: int
) -> None:
    found = open_page(chromium, page_file, viewport={"width": width, "height": 900})
    across = found.page.evaluate("document.documentElement.scrollWidth")
    assert across <= width
    found.page.context.close()


def test_two_runs_stand_in_one_page_and_what_flipped_comes_first(
    chromium: Browser, page_run: Path, tmp_path: Path
) -> None:
    before = write_page_run(tmp_path / "before", gain=-0.35)
    file = tmp_path / "both.html"
    file.write_text(run_page(read_run(page_run), read_run(before)), encoding="utf-8")
    found = open_page(chromium, file)
    assert found.page.locator(".verdict").count() == 2
    assert (
        found.page.locator("#control-beside option:checked").inner_text() == "before: sft-rag/rag"
    )
    assert found.listed() == WON  # The others are as they were.
    judge(found, 0, 2)
    saved = exported(found, tmp_path / "preferences.csv")
    (pair,) = read_preferences(saved).pairs  # Of answers: no run has both.
    assert {pair.first.answer, pair.second.answer} == {"Box 0 is blue."}
    assert pair.first.references == ("Box 0 is blue.",)
    assert found.complaints == []
    found.page.context.close()


def test_two_runs_of_one_variant_each_show_the_later_as_the_candidate(
    chromium: Browser, tmp_path: Path
) -> None:
    both = [alone(tmp_path / when, score) for when, score in (("after", 0.5), ("before", 0.3))]
    file = tmp_path / "both.html"
    file.write_text(run_page(*map(read_run, both)), encoding="utf-8")
    found = open_page(chromium, file)
    found.choose("show", "won: the candidate is better")
    assert found.page.locator("#said").inner_text() == "30 of 30 questions"
    assert found.complaints == []
    found.page.context.close()


def alone(folder: Path, score: float, **suite: Any) -> Path:
    """A run of what is in place, and nothing else."""
    samples = [sample(n, score, f"Box {n}, {score}.", None) for n in range(30)]
    return write_run(folder, {"base/plain": samples}, name="alone", model="small", **suite)


def test_a_run_without_scores_of_questions_has_its_answers(
    chromium: Browser, tmp_path: Path
) -> None:
    run = alone(tmp_path / "run", 0.5)
    with amending(run / "manifest.json") as manifest:
        manifest["metrics"] = {"corpus_bleu": manifest["metrics"]["corpus_bleu"]}
    file = tmp_path / "page.html"
    file.write_text(run_page(read_run(run)), encoding="utf-8")
    found = open_page(chromium, file)
    assert len(found.listed()) == 20
    found.page.locator("button.open").first.click()
    found.page.wait_for_selector("dialog[open]")
    assert found.complaints == []
    found.page.context.close()


def test_forty_kinds_of_marks_are_told_apart(chromium: Browser, tmp_path: Path) -> None:
    run = write_page_run(tmp_path / "run")
    (log,) = (run / "variants" / "sft-rag" / "rag").glob("samples_*.jsonl")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    kept = {"metric": "m", "of": "answer", "start": 0, "end": 3, "reference": 0, "note": ""}
    for number, line in enumerate(lines):
        kinds = {f"kind {number:02}", f"kind {number + 10:02}"}
        line["marks"] = [kept | {"kind": kind} for kind in kinds]
    rewritten(log, lines)
    file = tmp_path / "page.html"
    file.write_text(run_page(read_run(run)), encoding="utf-8")
    found = open_page(chromium, file)
    found.choose("show", "marked: kind 35")
    assert found.listed() == ["q25"]
    found.choose("show", "marked: kind 12")
    assert found.listed() == ["q2", "q12"]
    found.page.context.close()


def test_marks_of_a_right_answer_are_shown_whoever_made_them(
    chromium: Browser, tmp_path: Path
) -> None:
    run = write_page_run(tmp_path / "run")
    (log,) = (run / "variants" / "sft-rag" / "rag").glob("samples_*.jsonl")
    first, *others = log.read_text().splitlines()
    line = json.loads(first)
    line["marks"] = [
        {"metric": "m", "of": "reference", "start": 0, "end": 3, "kind": "fact", "reference": 0,
         "note": "b\u202ex\x1b"},
    ]  # fmt: skip
    rewritten(log, [line, *others])
    file = tmp_path / "page.html"
    file.write_text(run_page(read_run(run)), encoding="utf-8")
    found = open_page(chromium, file, "#question=q0")
    mark = found.page.locator("#opened > .text mark")
    assert mark.inner_text().startswith("Box")
    assert mark.get_attribute("title") == "fact: b\\u202ex\\u001b"
    found.page.context.close()


def test_two_tabs_keep_each_others_judgements(chromium: Browser, page_file: Path) -> None:
    first = open_page(chromium, page_file)
    second = Opened(first.page.context.new_page())
    second.page.goto(page_file.as_uri())
    second.page.wait_for_selector("html[data-ready=yes]")
    judge(first, 0, 0)
    judge(second, 1, 0)
    first.page.reload()
    first.page.wait_for_selector("html[data-ready=yes]")
    assert first.page.locator("#judged").inner_text() == "2 judged."
    first.page.context.close()


def test_parts_of_the_page_are_reached_without_losing_the_filters(opened: Opened) -> None:
    opened.choose("show", "won: the candidate is better")
    opened.page.get_by_role("link", name="Tables").click()
    assert opened.page.locator("#said").inner_text() == "10 of 30 questions"


def test_a_metric_without_a_direction_has_no_winner(chromium: Browser, tmp_path: Path) -> None:
    run = write_page_run(tmp_path / "run")
    with amending(run / "manifest.json") as manifest:
        manifest["metrics"]["rouge_l"]["higher_is_better"] = None
    file = tmp_path / "page.html"
    file.write_text(run_page(read_run(run)), encoding="utf-8")
    found = open_page(chromium, file, "#by=rouge_l&show=won")
    assert found.page.locator("#said").inner_text() == "0 of 30 questions"
    found.choose("show", "changed")
    assert found.page.locator(".won").count() == 0
    found.page.context.close()


def test_on_paper_it_is_light_and_has_no_controls(chromium: Browser, page_file: Path) -> None:
    found = open_page(chromium, page_file, color_scheme="dark")
    found.page.emulate_media(media="print", color_scheme="dark")
    ink = found.page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(27, 31, 36)"
    assert found.page.locator("#controls").is_hidden()
    found.page.context.close()


def test_what_is_blind_shows_no_names_in_the_list_either(
    chromium: Browser, page_file: Path
) -> None:
    found = open_page(chromium, page_file, "#blind=yes")
    assert "sft-rag" not in found.page.locator("#questions").inner_text()
    assert "0.6" not in found.page.locator("#questions").inner_text()
    found.page.context.close()
