"""Real training of the real small embedder: what it learns, and that a kill changes nothing."""

import json
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from finetune.embedder import (
    EmbedderRecipe,
    embedder_determinants,
    embedder_kept_at,
    load_embedder_recipe,
)
from finetune.embedder_trainer import train_embedder
from finetune.pairs import Pair, batches, build_pairs
from finetune.work import finish
from harness.errors import ConfigError, DataError
from harness.files import cache_folder, hash_folder
from rag.corpus import Section, load_corpus, said
from rag.embedder import Embedder
from rag.retriever import Retriever
from rag.sentences import Sentence, split
from rag.stores.store import Hit
from tasks.policyqa.questions import Question, load_questions
from tests.conftest import write_data
from tests.finetune.training import in_processes, left_half_saved, stopping, work_on


@pytest.fixture(scope="module")
def embedder(minilm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    """One trained without disturbance, on data like the fixture ``data``."""
    folder = tmp_path_factory.mktemp("trained")
    return run(recipe(), write_data(folder / "data"), folder / "embedder")


def recipe(**changes: Any) -> EmbedderRecipe:
    updates = {
        **{"batch_size": 4, "negatives": 2, "siblings": 0, "epochs": 2},
        **{"max_tokens": 32, "learning_rate": 2e-4},
    }
    often = {"save_every": 2, "log_every": 1}
    return EmbedderRecipe(**{"name": "tiny", **updates, **often, **changes})


def read(data: Path) -> tuple[list[Question], dict[str, Section]]:
    sections = {section.id: section for section in load_corpus(data)}
    return load_questions(data, sections), sections


def ranking(sections: dict[str, Section]) -> Any:
    """Ranks by words in common with the question."""

    def ranked(questions: Sequence[str], k: int) -> list[list[str]]:
        asked = [set(question.lower().split()) for question in questions]
        words = {id_: set(section.text.lower().split()) for id_, section in sections.items()}
        return [sorted(words, key=lambda s: (-len(words[s] & one), s))[:k] for one in asked]

    return ranked


class InOrder:
    """Stands in for a ranker: sentences in their order, those with a word of the question first."""

    def rank(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[list[Sentence]]:
        return [
            sorted(
                (one for hit in found for one in split(hit)),
                key=lambda one, asked=question: (
                    -len(  # type: ignore[misc]
                        set(one.body.lower().split()) & set(asked.lower().split())
                    )
                ),
            )
            for question, found in zip(questions, hits, strict=True)
        ]


def paired(
    questions: Sequence[Question],
    sections: dict[str, Section],
    ranked: Any,
    wanted: EmbedderRecipe,
) -> Any:
    return build_pairs(questions, sections, ranked, InOrder(), wanted)  # type: ignore[arg-type]


def run(wanted: EmbedderRecipe, data: Path, target: Path, stop_at: int = 0) -> Path:
    questions, sections = read(data)
    what = embedder_determinants(wanted, questions, Retriever.of(data))

    def make(work: Path) -> None:
        pairs = paired(questions, sections, ranking(sections), wanted)
        train_embedder(work, wanted, pairs, what, stopping(stop_at))

    finish(target, "embedder", what, make)
    return target


def margin(embedder: Embedder, rows: list[Pair]) -> float:
    """How much nearer its gold passage is to a question than its negatives, as mean cosine."""
    asked = embedder.embed([row.question for row in rows])
    right = embedder.embed([row.positive.text for row in rows])
    wrong = np.stack([embedder.embed([one.text for one in row.negatives]) for row in rows])
    away = np.einsum("qd,qnd->qn", asked, wrong).mean(axis=1)
    return float(((asked * right).sum(axis=1) - away).mean())


def test_training_brings_questions_nearer_to_their_evidence(data: Path, embedder: Path) -> None:
    made, base = Embedder(str(embedder)), Embedder("minilm-l6")
    questions, sections = read(data)
    rows = paired(questions, sections, ranking(sections), recipe()).rows
    assert margin(made, rows) > margin(base, rows) + 0.02
    assert made.identity != base.identity
    assert made.size == base.size


def test_the_folder_says_what_it_is_and_holds_nothing_of_the_machine(
    embedder: Path, minilm: Path
) -> None:
    record = json.loads((embedder / "training.json").read_text())
    assert record["recipe"]["name"] == "tiny"
    assert record["data"] == {"train_questions": 12, "without_evidence": 0, "pairs": 12}
    assert record["metrics"]["updates"] == len(record["metrics"]["losses"]) >= 6
    assert not list(embedder.glob("checkpoint-*"))
    # It was trained on at most 32 tokens of a text, and embeds as many as before.
    windows = {SentenceTransformer(str(one)).max_seq_length for one in (minilm, embedder)}
    assert len(windows) == 1
    for path in embedder.rglob("*.json"):
        assert str(embedder.parent) not in path.read_text()
        assert str(minilm) not in path.read_text()


def test_killed_and_run_again_the_embedder_is_that_of_an_undisturbed_run(
    data: Path, embedder: Path, tmp_path: Path
) -> None:
    often = recipe(save_every=1)  # How often it saves does not matter.
    target, here = tmp_path / "killed", "tests.finetune.test_embedder"
    assert in_processes(often, data, target, stop_at=5, module=here) == -signal.SIGKILL
    states = {path.name for path in work_on(target).glob("checkpoint-*")}
    assert states == {"checkpoint-4"}
    left_half_saved(work_on(target), "checkpoint-4", "checkpoint-5")
    assert hash_folder(run(recipe(), data, target)) == hash_folder(embedder)
    # Finished, it is not trained again.
    assert run(recipe(), data, target, stop_at=1) == target
    with pytest.raises(ConfigError, match="holds the embedder of another recipe"):
        run(recipe(seed=8), data, target)


def test_questions_without_evidence_are_left_out_and_counted(data: Path) -> None:
    questions, sections = read(data)

    def without(first: int) -> Any:
        """Where the first so many training questions have none."""
        train = [one for one in questions if one.split == "train"]
        bare = [one.model_copy(update={"evidence": []}) for one in train[:first]]
        return paired([*bare, *train[first:]], sections, ranking(sections), recipe())

    pairs = without(2)
    assert (pairs.questions, pairs.without_evidence, len(pairs.rows)) == (10, 2, 10)
    with pytest.raises(DataError, match="none of the 12 train questions has evidence"):
        without(12)


def question(text: str, *evidence: str) -> Question:
    return Question(id=f"{text} {evidence}", split="train", question=text, evidence=list(evidence))


def corpus(count: int) -> dict[str, Section]:
    return {f"d/{n}": Section(f"d/{n}", "d", "D", f"{n}", f"says {n}") for n in range(count)}


def test_negatives_are_the_best_ranked_that_are_no_evidence() -> None:
    # What d/0 says stands in d/8 too.
    sections = corpus(8) | {"d/8": Section("d/8", "d", "D", "8", "Says  0")}
    asked = [question("a", "d/0", "d/2"), question("b", "d/1"), question("a", "d/5")]

    def ranked(questions: Sequence[str], k: int) -> list[list[str]]:
        return [[f"d/{n}" for n in (8, 0, 1, 2, 3, 4)][:k] for _ in questions]

    rows = paired(asked, sections, ranked, recipe()).rows
    assert [(r.question, r.positive.id, *(n.id for n in r.negatives)) for r in rows] == [
        ("a", "d/0", "d/1", "d/3"),  # Asked twice, it has the evidence of both.
        ("a", "d/2", "d/1", "d/3"),
        ("b", "d/1", "d/8", "d/2"),
        ("a", "d/5", "d/1", "d/3"),
    ]
    skipping = paired(asked, sections, ranked, recipe(skip=1)).rows
    assert [one.id for one in skipping[0].negatives] == ["d/3", "d/4"]
    for row in paired(asked, sections, lambda texts, _: [[]] * len(texts), recipe()).rows:
        assert len({said(one) for one in row.negatives} - row.golds) == 2
    assert paired(asked, sections, ranked, recipe(negatives=0)).rows[0].negatives == ()
    with pytest.raises(DataError, match="lower negatives, siblings or skip"):
        paired(asked, sections, ranked, recipe(negatives=6))


def test_what_another_section_says_as_the_evidence_does_is_no_negative() -> None:
    other = "KEEPERS keep registers. Fines are high."
    sections = corpus(4) | {
        "d/8": Section("d/8", "d", "D", "8", "Keepers keep registers. Bees fly."),
        "d/9": Section("d/9", "d", "D", "9", other),
    }
    asked = question("what do keepers keep", "d/8").model_copy(update={"answer": "registers"})

    def ranked(questions: Sequence[str], k: int) -> list[list[str]]:
        return [["d/9", "d/8", "d/0", "d/1"][:k] for _ in questions]

    (row,) = paired([asked], sections, ranked, recipe(negatives=1)).rows
    assert row.positive.body == "Keepers keep registers."
    assert [one.body for one in row.negatives] == ["Fines are high."]
    # A section that says nothing else is passed over, and another is taken.
    covered = sections | {"d/9": Section("d/9", "d", "D", "9", "KEEPERS keep registers.")}
    (row,) = paired([asked], covered, ranked, recipe(negatives=1)).rows
    assert [one.id for one in row.negatives] == ["d/0"]


def test_the_sentence_nearest_to_the_answer_is_found_and_one_beside_it_is_not() -> None:
    body = "Bees fly. Hives stand apart. Keepers keep registers. Fines are low."
    sections = corpus(4) | {"d/9": Section("d/9", "d", "D", "9", body)}
    asked = question("what of fines and hives", "d/9").model_copy(
        update={"answer": "keepers have registers"}
    )

    def rows(**changes: Any) -> list[Pair]:
        return paired([asked], sections, ranking(sections), recipe(**changes)).rows  # type: ignore[no-any-return]

    (row,) = rows(negatives=1, siblings=1)
    assert row.positive.body == "Keepers keep registers."
    # "Bees fly." is next to the answer, and may be needed for it.
    assert [one.body for one in row.negatives] == ["Hives stand apart.", "says 0"]
    assert row.golds == {one.body.lower() for one in split(row.positive)} | {
        "bees fly.",
        "hives stand apart.",
        "fines are low.",
    }
    # Where the evidence has no more, others stand in their place: each pair has as many.
    (many,) = rows(negatives=1, siblings=3)
    assert [one.id for one in many.negatives] == ["d/9", "d/9", "d/0", "d/1"]
    unanswered = asked.model_copy(update={"answer": None})
    found = paired([unanswered], sections, ranking(sections), recipe()).rows[0]
    assert found.positive.body == "Hives stand apart."


def test_no_passage_of_a_batch_is_gold_for_another_of_its_questions() -> None:
    sections = corpus(30)
    asked = [question(f"q{n}", f"d/{n % 25}", f"d/{n * 7 % 25}") for n in range(40)]
    rows = paired(asked, sections, ranking(sections), recipe()).rows
    planned = batches(rows, recipe(batch_size=8))
    assert sorted(row for batch in planned for row in batch) == sorted([*range(len(rows))] * 2)
    assert max(map(len, planned)) == 8
    for batch in planned:
        for row in batch:
            others = {text for other in batch if other != row for text in rows[other].shown}
            assert not others & rows[row].golds
    assert planned == batches(rows, recipe(batch_size=8))
    assert planned != batches(rows, recipe(batch_size=8, seed=8))


@pytest.mark.parametrize("count", [65, 128, 256, 300])
def test_batches_are_of_like_size(count: int) -> None:
    """Rows that none of the full batches took were left in one of two or so."""
    sections = corpus(300)
    asked = [question(f"q{n}", f"d/{n}") for n in range(count)]

    def ranked(questions: Sequence[str], k: int) -> list[list[str]]:
        return [[f"d/{(n * n + i) % 300}" for i in range(k)] for n in range(len(questions))]

    rows = paired(asked, sections, ranked, recipe(negatives=1)).rows
    for seed in range(5):
        sizes = [len(batch) for batch in batches(rows, recipe(batch_size=64, seed=seed))]
        assert max(sizes) <= min(64, 2 * min(sizes))


def test_pairs_of_one_passage_stand_in_batches_of_their_own() -> None:
    sections = corpus(60)
    asked = [question(f"q{n}", f"d/{max(0, n - 40)}") for n in range(90)]
    rows = paired(asked, sections, ranking(sections), recipe(negatives=0, epochs=1)).rows
    sizes = [len(batch) for batch in batches(rows, recipe(batch_size=64, epochs=1))]
    assert sum(sizes) == 90
    assert (len(sizes), min(sizes), max(sizes)) == (41, 2, 3)


def determined(data: Path, **changes: Any) -> dict[str, Any]:
    return embedder_determinants(recipe(**changes), read(data)[0], Retriever.of(data))


def test_an_embedder_is_kept_by_what_determines_it(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = determined(data)
    assert determined(data, name="other", save_every=9, log_every=9) == what
    assert determined(data, seed=8) != what
    assert determined(data, negatives=0) != what
    assert "qdrant-edge-py" in what["versions"]
    monkeypatch.setattr("finetune.embedder.EMBEDDER_METHOD", 0)
    assert determined(data) != what


@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("minilm-l6", r"minilm-l6-[0-9a-f]{16}"),
        ("intfloat/e5-small", r"intfloat-e5-small-[0-9a-f]{16}"),
        ("../my models/é5@2", r"my-models-5-[0-9a-f]{16}"),
        ("é/" * 50, r"[0-9a-f]{16}"),
    ],
)
def test_the_cache_folder_is_named_after_the_base_model(data: Path, model: str, named: str) -> None:
    folder = embedder_kept_at(determined(data, model=model))
    assert folder.parent == cache_folder("embedders")
    assert re.fullmatch(named, folder.name)


def test_the_shipped_recipe_loads_and_an_unknown_one_is_refused() -> None:
    name = "minilm-l6-sentences"
    assert load_embedder_recipe(name, model="o/m") == EmbedderRecipe(name=name, model="o/m")
    with pytest.raises(ConfigError, match=f"shipped ones are {name}"):
        load_embedder_recipe("sft")


if __name__ == "__main__":
    _, one, data_folder, target_folder, update = sys.argv
    tiny = EmbedderRecipe.model_validate_json(one)
    run(tiny, Path(data_folder), Path(target_folder), int(update))
