"""Drafts are spread, marked and split so that none leaks; what answers nothing is taken away."""

import json
import random
import shutil
from pathlib import Path

import pytest

from harness.errors import ConfigError, DataError
from rag.corpus import Section, load_corpus
from tasks.checking.duplicates import near_duplicates
from tasks.drafting.asked import Drafted
from tasks.drafting.draft import DraftPlan, chosen, draft_questions, drafts_of
from tasks.drafting.drafting import asked_by_rules
from tasks.drafting.record import DraftQuestion, read_drafts
from tasks.drafting.withheld import withheld_sections
from tasks.importing.importer import import_data
from tasks.policyqa.questions import load_questions

FOLDERS = Path(__file__).parent / "folders"


class NoMeaning:
    """An embedder to which nothing is alike: letters alone tell."""

    def embed(self, texts):  # type: ignore[no-untyped-def]
        """Unit vectors, each of its own."""
        import numpy as np

        return np.eye(len(texts), 4096, dtype=np.float32)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of documents alone."""
    import_data(FOLDERS / "mixed", tmp_path / "data")
    return tmp_path / "data"


def made_up(seed: int) -> list[Section]:
    """Some documents, of which sections say alike what others say."""
    draw = random.Random(seed)  # noqa: S311
    places = ["quay", "barn", "hall", "mill", "pond", "yard", "loft", "kiln"]
    things = ["lamp", "rope", "boat", "gate", "bell", "cart", "hive", "oven"]
    sections = []
    for document in range(draw.randint(2, 5)):
        for number in range(draw.randint(3, 9)):
            place, thing, days = draw.choice(places), draw.choice(things), draw.randint(2, 9)
            body = (
                f"The {thing} at the {place} must be checked within {days} days. "
                f"The {thing} at the {place} must not be moved. "
                f"If the {thing} breaks, the keeper must close the {place} at once."
            )
            name = f"doc-{document}"
            sections.append(Section(f"{name}/s-{number}", name, name, f"On the {thing}", body))
    return sections


def drafted(seed: int, unanswerable: float = 0.0, by: str = "section") -> list[DraftQuestion]:
    """The drafts on them."""
    sections = made_up(seed)
    asked = {one.id: some for one, some in zip(sections, asked_by_rules(sections), strict=True)}
    plan = DraftPlan(limit=60, unanswerable=unanswerable, seed=seed, split_by=by)
    return drafts_of(asked, sections, plan)


@pytest.mark.parametrize("seed", range(200))
def test_no_section_and_no_near_duplicate_is_in_two_splits(seed: int) -> None:
    found = drafted(seed, unanswerable=0.1)
    splits: dict[str, set[str]] = {}
    for one in found:
        for section in (*one.evidence, *one.withheld):
            splits.setdefault(section, set()).add(one.split)
    assert {id_: some for id_, some in splits.items() if len(some) > 1} == {}
    assert near_duplicates(found, NoMeaning()) == []


def test_a_document_is_in_one_split_where_that_is_asked() -> None:
    found = drafted(3, by="document")
    of = {(one.framework, one.split) for one in found}
    assert len(of) == len({framework for framework, _ in of}) > 1


def test_what_is_chosen_is_spread_over_sections_and_kinds() -> None:
    asked = {
        f"doc/s-{n}": [Drafted(kind, f"{kind} {n}?", "Yes.") for kind in ("a", "b", "c")]
        for n in range(6)
    }
    found = chosen(asked, 6, seed=1)
    assert len({id_ for id_, _ in found}) == 6
    assert sorted(one.kind for _, one in found) == ["a", "a", "b", "b", "c", "c"]
    assert len(chosen(asked, 100, seed=1)) == 18


def test_a_draft_has_evidence_facts_and_the_provision_of_its_heading(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    text = "# Mooring Act\n\n## Article 7 Fees\n\nThe fee must be paid within 30 days.\n"
    (tmp_path / "law" / "mooring.md").write_text(text)
    import_data(tmp_path / "law", tmp_path / "data")
    draft_questions(
        tmp_path / "data", asked_by_rules, DraftPlan(unanswerable=0, shares={"test": 1})
    )
    (one,) = read_drafts(tmp_path / "data")
    assert one.question == "Within what time must the fee be paid?"
    assert one.answer == "Within 30 days (Article 7)."
    assert one.citations == ["Article 7"]
    assert {fact.value for fact in one.facts} == {"30 days", "Article 7"}
    assert (one.status, one.split, one.framework) == ("draft", "test", "mooring")


def test_what_another_section_answers_as_well_is_marked() -> None:
    body = "The gate must be closed within 5 days."
    sections = [Section(f"d{n}/s", f"d{n}", f"Rules {n}", "Gates", body) for n in range(2)]
    asked = {one.id: some for one, some in zip(sections, asked_by_rules(sections), strict=True)}
    found = drafts_of(asked, sections, DraftPlan(unanswerable=0))
    assert [one.doubts for one in found] == [
        ["d1/s may answer it as well"],
        ["d0/s may answer it as well"],
    ]


def test_what_is_unanswerable_has_its_section_taken_out_of_the_documents(data: Path) -> None:
    before = {one.id for one in load_corpus(data)}
    made = draft_questions(data, asked_by_rules)
    away = {one.id for one in withheld_sections(data)}
    after = {one.id for one in load_corpus(data)}
    gone = [one for one in read_drafts(data) if not one.answerable]
    assert away
    assert (after | away, after & away) == (before, set())
    assert {id_ for one in gone for id_ in one.withheld} == away
    assert all(not one.evidence and one.kind == "unanswerable" for one in gone)
    assert made["unanswerable"] == len(gone)


def test_killed_between_taking_away_and_writing_nothing_is_lost(data: Path) -> None:
    before = {one.id for one in load_corpus(data)}
    draft_questions(data, asked_by_rules)
    (data / "drafts.jsonl").unlink()
    draft_questions(data, asked_by_rules, DraftPlan(unanswerable=0))
    assert {one.id for one in load_corpus(data)} == before
    assert withheld_sections(data) == []


def test_the_same_folder_gives_the_same_drafts(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "again")
    draft_questions(data, asked_by_rules)
    draft_questions(tmp_path / "again", asked_by_rules)
    assert (data / "drafts.jsonl").read_bytes() == (tmp_path / "again/drafts.jsonl").read_bytes()


def test_drafts_are_not_drafted_over(data: Path) -> None:
    draft_questions(data, asked_by_rules)
    with pytest.raises(
        ConfigError, match=r"has \d+ drafts already, 0 of them reviewed: go on with"
    ):
        draft_questions(data, asked_by_rules)


def test_sections_that_questions_have_are_left_alone(data: Path) -> None:
    section = load_corpus(data)[0].id
    asked = {"id": "q", "split": "test", "question": "Why?", "answer": "So.", "evidence": [section]}
    (data / "questions.jsonl").write_text(json.dumps(asked) + "\n")
    draft_questions(data, asked_by_rules)
    assert section not in {id_ for one in read_drafts(data) for id_ in one.evidence + one.withheld}
    assert len(load_questions(data, [one.id for one in load_corpus(data)])) == 1


def test_a_folder_of_which_nothing_can_be_asked_says_what_helps(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\nHello there.\n")
    import_data(tmp_path / "docs", tmp_path / "data")
    with pytest.raises(DataError, match="--by SUITE:MODEL"):
        draft_questions(tmp_path / "data", asked_by_rules)


@pytest.mark.parametrize("plan", [DraftPlan(limit=0), DraftPlan(unanswerable=0.9)])
def test_a_plan_that_cannot_be_is_refused(data: Path, plan: DraftPlan) -> None:
    with pytest.raises(ConfigError, match="drafts are 1 at least"):
        draft_questions(data, asked_by_rules, plan)
