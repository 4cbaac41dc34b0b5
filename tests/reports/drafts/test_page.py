"""The page of drafts, as its reader uses it: in a real browser, by keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from policyqa.drafting import write_review
from rag.corpus import load_corpus
from tasks.drafting.by_rules import asked_by_rules
from tasks.drafting.choosing import DraftPlan
from tasks.drafting.draft import draft_questions
from tasks.drafting.record import read_drafts
from tasks.drafting.review import Reviewed, read_review
from tasks.importing.importer import import_data
from tasks.policyqa.questions import load_questions
from tests.reports.page.conftest import Opened, open_page

DOCUMENT = """# Lending rules

## Article 1 Loans

A lamp must be returned within 14 days. Keys must not be copied. <script>alert(1)</script>

## Article 2 Fees

The deposit is 40 euros.

## Article 3 Loss

If a key is lost, the member must tell the desk.

## Article 4 Hours

The desk opens at 9:00.
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with its drafts, and their page."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "rules.md").write_text(DOCUMENT)
    import_data(tmp_path / "docs", tmp_path / "data")
    plan = DraftPlan(unanswerable=0, shares={"test": 1})
    draft_questions(tmp_path / "data", asked_by_rules, plan)
    write_review(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def opened(chromium: Browser, data: Path) -> Iterator[Opened]:
    """The page; it asked for nothing and complained of nothing."""
    found = open_page(chromium, data / "drafts.html", viewport={"width": 1280, "height": 900})
    yield found
    assert found.complaints == []
    found.page.context.close()


def exported(opened: Opened, data: Path) -> Path:
    """What the page exports."""
    with opened.page.expect_download() as download:
        opened.page.get_by_role("button", name="Export reviewed.csv").click()
    path = data.parent / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_review_by_keys_is_exported_and_read_back(opened: Opened, data: Path) -> None:
    drafts = read_drafts(data)
    page = opened.page
    expect(page.locator("#opened")).to_have_text(f"{drafts[0].id}: draft")
    page.keyboard.press("a")
    expect(page.locator("#opened")).to_have_text(f"{drafts[1].id}: draft")
    page.keyboard.press("d")
    page.keyboard.press("n")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Forty; and a day.")  # Its a and d judge nothing.
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    left = len(drafts) - 3
    expect(page.locator("#told")).to_contain_text(f"2 accepted, 1 dropped, {left} to be reviewed")
    assert read_review(data, exported(opened, data)) == Reviewed(2, 1, 1, left)
    asked = load_questions(data, [one.id for one in load_corpus(data)])
    assert [one.id for one in asked] == [drafts[0].id, drafts[2].id]
    assert asked[1].answer == "Forty; and a day."


def test_the_section_stands_beside_its_draft_as_text(opened: Opened) -> None:
    expect(opened.page.locator("#section")).to_contain_text("<script>alert(1)</script>")


def test_what_was_done_is_there_when_the_page_is_opened_again(opened: Opened, data: Path) -> None:
    first = read_drafts(data)[0].id
    opened.page.keyboard.press("d")
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=yes]")
    expect(opened.page.locator("#told")).to_contain_text("0 accepted, 1 dropped")
    opened.page.locator("#show").select_option(label="dropped")
    expect(opened.page.locator("#opened")).to_have_text(f"{first}: dropped")
    opened.page.keyboard.press("u")
    expect(opened.page.locator("#told")).to_contain_text("0 accepted, 0 dropped")


def test_a_page_written_anew_goes_on_where_the_review_was(opened: Opened, data: Path) -> None:
    opened.page.keyboard.press("a")
    read_review(data, exported(opened, data))
    write_review(data)
    opened.page.keyboard.press("d")  # Of the second, not exported yet.
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=yes]")
    expect(opened.page.locator("#told")).to_contain_text("1 accepted, 1 dropped")
    expect(opened.page.locator("#opened")).to_have_text(f"{read_drafts(data)[2].id}: draft")


def test_what_another_reviewer_did_is_newer_than_what_a_browser_kept(
    opened: Opened, data: Path
) -> None:
    first = read_drafts(data)[0]
    opened.page.keyboard.press("a")
    table = data.parent / "theirs.csv"
    table.write_text(f"id,status\n{first.id},dropped\n")
    read_review(data, table)
    write_review(data)
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready=yes]")
    expect(opened.page.locator("#told")).to_contain_text("0 accepted, 1 dropped")


def test_only_what_was_done_is_exported(opened: Opened, data: Path) -> None:
    opened.page.keyboard.press("a")
    lines = exported(opened, data).read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ['"id"', f'"{read_drafts(data)[0].id}"']


def test_undo_takes_mends_back_as_well(opened: Opened, data: Path) -> None:
    first = read_drafts(data)[0]
    opened.page.keyboard.press("n")
    opened.page.keyboard.type("Not so. ")
    opened.page.keyboard.press("Escape")
    expect(opened.page.locator("#answer")).not_to_have_value(first.answer or "")
    opened.page.keyboard.press("u")
    expect(opened.page.locator("#answer")).to_have_value(first.answer or "")


def test_filters_and_search_narrow_the_list(opened: Opened) -> None:
    opened.page.locator("#show").select_option(label="kind: deadline")
    expect(opened.page.locator("#list button")).to_have_count(2)
    opened.page.locator("#search").fill("lamp")
    expect(opened.page.locator("#list button")).to_have_count(1)


def test_the_last_draft_leaves_nothing_to_do(opened: Opened, data: Path) -> None:
    for _ in read_drafts(data):
        opened.page.keyboard.press("a")
    expect(opened.page.locator("#told")).to_contain_text("0 to be reviewed: about 0 minutes")


@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_accessible_at_any_width(chromium: Browser, data: Path, width: int) -> None:
    found = open_page(chromium, data / "drafts.html", viewport={"width": width, "height": 800})
    assert Axe().run(found.page).response["violations"] == []
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert found.page.evaluate(overflow) is False
    found.page.context.close()


def test_what_was_never_accepted_and_undone_is_not_exported(opened: Opened, data: Path) -> None:
    opened.page.keyboard.press("a")
    opened.page.locator("#show").select_option(label="accepted")
    opened.page.keyboard.press("u")
    assert len(exported(opened, data).read_text(encoding="utf-8-sig").splitlines()) == 1


def test_after_an_export_the_same_page_goes_on(opened: Opened, data: Path) -> None:
    first = read_drafts(data)[0].id
    opened.page.keyboard.press("a")
    read_review(data, exported(opened, data))
    write_review(data)
    opened.page.locator("#show").select_option(label="accepted")
    opened.page.keyboard.press("d")
    found = read_review(data, exported(opened, data))
    assert (found.accepted, found.dropped, found.conflicts) == (0, 1, ())
    assert [one.status for one in read_drafts(data) if one.id == first] == ["dropped"]
