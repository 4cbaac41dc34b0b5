"""Drafts are spread, marked and split so that none leaks; what answers nothing is taken away."""

import json
import random
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.errors import ConfigError, DataError
from rag.corpus import Section, load_corpus
from tasks.checking.duplicates import near_duplicates
from tasks.checking.matching import plain
from tasks.drafting.asked import Drafted
from tasks.drafting.by_rules import asked_by_rules
from tasks.drafting.choosing import DraftPlan
from tasks.drafting.draft import draft_questions, drafts_of
from tasks.drafting.record import DraftQuestion, read_drafts
from tasks.drafting.withheld import all_sections, withheld_ids
from tasks.importing.importer import import_data
from tasks.policyqa.questions import Question, load_questions

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


def drafted(
    seed: int,
    unanswerable: float = 0.0,
    by: str = "section",
    sections: Sequence[Section] = (),
    questions: Sequence[DraftQuestion] = (),
) -> list[DraftQuestion]:
    """The drafts on them, or on others; beside what is accepted already."""
    sections = sections or made_up(seed)
    taken = {id_ for one in questions for id_ in one.places}
    every = zip(sections, asked_by_rules(sections), strict=True)
    asked = {one.id: some for one, some in every if one.id not in taken}
    plan = DraftPlan(limit=60, unanswerable=unanswerable, seed=seed, split_by=by)
    return drafts_of(asked, sections, plan, questions)


@pytest.mark.parametrize("seed", range(200))
def test_no_section_and_no_near_duplicate_is_in_two_splits(seed: int) -> None:
    first = drafted(seed, unanswerable=0.1)
    # Some are accepted, and the rest is drafted anew beside them.
    accepted = first[:: 2 + seed % 3] if seed % 2 else []
    found = drafted(seed + 1000, unanswerable=0.1, sections=made_up(seed), questions=accepted)
    every = [*accepted, *found]
    splits: dict[str, set[str]] = {}
    words: dict[str, set[str]] = {}
    for one in every:
        words.setdefault(plain(one.question), set()).add(one.split)
        for section in one.places:
            splits.setdefault(section, set()).add(one.split)
    assert {id_: some for id_, some in splits.items() if len(some) > 1} == {}
    assert {text: some for text, some in words.items() if len(some) > 1} == {}
    assert near_duplicates(every, NoMeaning()) == []


def test_a_document_is_in_one_split_where_that_is_asked() -> None:
    found = drafted(3, by="document")
    of = {(one.framework, one.split) for one in found}
    assert len(of) == len({framework for framework, _ in of}) > 1


def test_what_is_chosen_is_spread_over_sections_and_kinds() -> None:
    sections = [Section(f"doc/s-{n}", "doc", "Doc", f"Part {n}", f"Text {n}.") for n in range(6)]
    asked = {
        one.id: [Drafted(kind, f"{kind * 9} {one.body * 3}?", "Yes.") for kind in ("a", "b", "c")]
        for one in sections
    }
    found = drafts_of(asked, sections, DraftPlan(limit=6, unanswerable=0))
    assert len({one.evidence[0] for one in found}) == 6
    assert sorted(one.kind for one in found) == ["a", "a", "b", "b", "c", "c"]
    assert len(drafts_of(asked, sections, DraftPlan(unanswerable=0))) == 18


def test_a_draft_has_evidence_facts_and_the_provision_of_its_heading(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    text = "# Mooring Act\n\n## Article 7 Fees\n\nThe fee must be paid within 30 days.\n"
    (tmp_path / "law" / "mooring.md").write_text(text)
    import_data(tmp_path / "law", tmp_path / "data")
    draft_questions(
        tmp_path / "data", asked_by_rules, DraftPlan(unanswerable=0, shares={"test": 1})
    )
    (one,) = read_drafts(tmp_path / "data")
    assert one.question == "Please tell me within what time the fee must be paid."
    assert one.answer == "Within 30 days (Article 7)."
    assert one.citations == ["Article 7"]
    assert one.shown_facts == "30 days; Article 7;"
    assert (one.status, one.split, one.framework) == ("draft", "test", "mooring")


def test_what_another_section_answers_as_well_is_marked() -> None:
    body = "The gate must be closed within 5 days."
    sections = [
        Section(f"law/art-{n}", "law", "Law", f"Article {n} {name}", body)
        for n, name in enumerate(("Gates", "Closing gates"), start=1)
    ]
    asked = {one.id: some for one, some in zip(sections, asked_by_rules(sections), strict=True)}
    found = drafts_of(asked, sections, DraftPlan(unanswerable=0.5))
    assert all(one.answerable for one in found)  # Though half might be taken away.
    assert ["law/art-2 may answer it as well" in one.doubts for one in found] == [True, False]
    assert ["law/art-1 may answer it as well" in one.doubts for one in found] == [False, True]


def test_the_same_words_of_two_documents_are_in_one_split_and_marked() -> None:
    for seed in range(20):
        sections = [
            Section(
                f"d{n}/s", f"d{n}", f"Rules {n}", "Fees", f"The fee must be paid within {n} days."
            )
            for n in range(2, 9)
        ]
        asked = {one.id: some for one, some in zip(sections, asked_by_rules(sections), strict=True)}
        found = drafts_of(asked, sections, DraftPlan(unanswerable=0.3, seed=seed))
        assert len({one.split for one in found}) == 1
        assert all(one.doubts and one.answerable for one in found)


def test_what_is_asked_already_is_not_drafted_again() -> None:
    sections = made_up(5)
    asked = {one.id: some for one, some in zip(sections, asked_by_rules(sections), strict=True)}
    first = drafts_of(asked, sections, DraftPlan(unanswerable=0))[0]
    own = Question(id="own", split="train", question=first.question.upper(), answer="So.")
    again = drafts_of(asked, sections, DraftPlan(unanswerable=0), [own])
    assert plain(first.question) not in {plain(one.question) for one in again}


def test_split_by_document_a_draft_is_where_the_documents_questions_are() -> None:
    sections = made_up(8)
    asked = {one.id: some for one, some in zip(sections, asked_by_rules(sections), strict=True)}
    own = Question(id="own", split="train", framework="doc-1", question="Why at all?", answer="So.")
    plan = DraftPlan(unanswerable=0, split_by="document")
    found = drafts_of(asked, sections, plan, [own])
    assert {one.split for one in found if one.framework == "doc-1"} == {"train"}


def test_nothing_is_taken_away_where_nobody_knows_what_answers_a_question() -> None:
    sections = made_up(8)
    asked = {one.id: some for one, some in zip(sections, asked_by_rules(sections), strict=True)}
    own = Question(id="own", split="train", question="Why at all?", answer="So.")
    assert all(one.answerable for one in drafts_of(asked, sections, DraftPlan(), [own]))


def test_what_is_unanswerable_has_its_section_taken_out_of_the_documents(data: Path) -> None:
    before = [one.id for one in load_corpus(data)]
    made = draft_questions(data, asked_by_rules)
    away = withheld_ids(data)
    gone = [one for one in read_drafts(data) if not one.answerable]
    assert away
    assert [id_ for id_ in before if id_ not in away] == [one.id for one in load_corpus(data)]
    assert [one.id for one in all_sections(data)] == before
    assert {id_ for one in gone for id_ in one.withheld} == away
    assert all(not one.evidence and one.kind == "unanswerable" for one in gone)
    assert made["unanswerable"] == len(gone)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_killed_before_drafts_are_written_nothing_is_lost(data: Path, share: float) -> None:
    before = load_corpus(data)
    for seed in (1, 2, 3):
        draft_questions(data, asked_by_rules, DraftPlan(unanswerable=0.2, seed=seed))
        (data / "drafts.jsonl").unlink()
    draft_questions(data, asked_by_rules, DraftPlan(unanswerable=share))
    assert all_sections(data) == before
    assert {id_ for one in read_drafts(data) for id_ in one.withheld} == withheld_ids(data)


def test_a_corpus_written_by_hand_keeps_all_that_stands_in_it(data: Path) -> None:
    (file,) = (data / "corpus").glob("allotment-rules.md")
    odd = file.read_text().replace("title:", "source: hand\ntitle:", 1).replace("## ", "##  ", 0)
    odd = re.sub(r"^(## \S+ · \S+) ", r"\1  ", odd, flags=re.MULTILINE)
    by_hand = file.with_name("another name.md")
    by_hand.write_text(odd)
    file.unlink()
    draft_questions(data, asked_by_rules, DraftPlan(unanswerable=0.5))
    assert any(one.startswith("allotment-rules/") for one in withheld_ids(data))
    (data / "drafts.jsonl").unlink()
    draft_questions(data, asked_by_rules, DraftPlan(unanswerable=0))
    assert by_hand.read_text() == odd


def test_a_document_that_was_changed_meanwhile_is_not_put_back(data: Path) -> None:
    draft_questions(data, asked_by_rules)
    name = next(iter(withheld_ids(data))).split("/")[0]
    file = data / "corpus" / f"{name}.md"
    file.write_text(file.read_text().rstrip() + "\nOne more thing.\n")
    with pytest.raises(DataError, match="was changed after sections of its document"):
        all_sections(data)


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
    assert section not in {id_ for one in read_drafts(data) for id_ in one.places}
    assert len(load_questions(data, [one.id for one in load_corpus(data)])) == 1


def test_a_folder_of_which_nothing_can_be_asked_says_what_helps(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\nHello there.\n")
    import_data(tmp_path / "docs", tmp_path / "data")
    with pytest.raises(DataError, match="--by SUITE:MODEL"):
        draft_questions(tmp_path / "data", asked_by_rules)


@pytest.mark.parametrize(
    "plan", [DraftPlan(limit=0), DraftPlan(unanswerable=0.9), DraftPlan(split_by="page")]
)
def test_a_plan_that_cannot_be_is_refused_before_anything_is_asked(
    data: Path, plan: DraftPlan
) -> None:
    def never(sections: object) -> list[list[Drafted]]:
        raise AssertionError(sections)

    with pytest.raises(ConfigError, match=r"drafts are 1 at least|--split-by page"):
        draft_questions(data, never, plan)
