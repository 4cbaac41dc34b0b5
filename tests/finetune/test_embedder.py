"""Real training of the real small embedder: what it learns, and that a kill changes nothing."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from finetune.embedder import (
    EmbedderRecipe,
    embedder_determinants,
    embedder_kept_at,
    load_embedder_recipe,
)
from finetune.embedder_trainer import train_embedder
from finetune.pairs import Pair, batches, build_pairs, said
from finetune.work import finish
from harness.errors import ConfigError, DataError
from harness.files import cache_folder, hash_folder
from rag.corpus import Section, load_corpus
from rag.embedder import Embedder
from rag.retriever import Retriever
from tasks.policyqa.questions import Question, load_questions
from tests.conftest import write_data, write_questions
from tests.finetune.training import left_half_saved


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Batches this small take several threads longer than one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def same_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of ``trained``."""
    return write_data(tmp_path_factory.mktemp("data") / "data")


@pytest.fixture(scope="module")
def trained(
    same_data: Path,
    minilm: Path,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """An embedder trained without disturbance."""
    return run(recipe(), same_data, tmp_path_factory.mktemp("trained") / "embedder")


def recipe(**changes: Any) -> EmbedderRecipe:
    values: dict[str, Any] = {
        "name": "tiny",
        "epochs": 2,
        "batch_size": 4,
        "negatives": 2,
        "max_tokens": 32,
        "learning_rate": 2e-4,
        "save_every": 2,
        "log_every": 1,
    }
    return EmbedderRecipe(**{**values, **changes})


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


def run(wanted: EmbedderRecipe, data: Path, target: Path, kill_at: int | None = None) -> Path:
    questions, sections = read(data)

    def advance(done: int, total: int) -> None:
        del total
        if done == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    what = embedder_determinants(wanted, questions, Retriever.of(data))

    def make(work: Path) -> None:
        pairs = build_pairs(questions, sections, ranking(sections), wanted)
        train_embedder(work, wanted, pairs, what, advance)

    finish(target, "embedder", what, make)
    return target


def in_a_process_killed_at(step: int, wanted: EmbedderRecipe, data: Path, target: Path) -> int:
    """Train in another process, which kills itself when that update is done."""
    code = (
        "import sys, torch; from pathlib import Path; from finetune.embedder import EmbedderRecipe;"
        "from tests.finetune.test_embedder import run; torch.set_num_threads(1);"
        "run(EmbedderRecipe.model_validate_json(sys.argv[1]), Path(sys.argv[2]),"
        " Path(sys.argv[3]), int(sys.argv[4]))"
    )
    arguments = [wanted.model_dump_json(), str(data), str(target), str(step)]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=root, check=False, capture_output=True
    )
    return done.returncode


def margin(embedder: Embedder, rows: list[Pair]) -> float:
    """How much nearer its gold passage is to a question than its negatives, as mean cosine."""
    asked = embedder.embed([row.question for row in rows])
    right = embedder.embed([row.positive.text for row in rows])
    wrong = np.stack([embedder.embed([one.text for one in row.negatives]) for row in rows])
    away = np.einsum("qd,qnd->qn", asked, wrong).mean(axis=1)
    return float(((asked * right).sum(axis=1) - away).mean())


def test_training_brings_questions_nearer_to_their_evidence(same_data: Path, trained: Path) -> None:
    made, base = Embedder(str(trained)), Embedder("minilm-l6")
    questions, sections = read(same_data)
    rows = build_pairs(questions, sections, ranking(sections), recipe()).rows
    assert margin(made, rows) > margin(base, rows) + 0.02
    assert made.identity != base.identity
    assert made.size == base.size


def test_the_folder_says_what_it_is_and_holds_nothing_of_the_machine(
    trained: Path, minilm: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    record = json.loads((trained / "training.json").read_text())
    assert record["recipe"]["name"] == "tiny"
    assert record["data"] == {"train_questions": 12, "without_evidence": 0, "pairs": 12}
    assert record["metrics"]["updates"] == len(record["metrics"]["losses"]) >= 6
    assert not list(trained.glob("checkpoint-*"))
    # It was trained on at most 32 tokens of a text, and embeds as many as before.
    window = SentenceTransformer(str(minilm)).max_seq_length
    assert SentenceTransformer(str(trained)).max_seq_length == window
    for path in trained.rglob("*.json"):
        assert str(trained.parent) not in path.read_text()
        assert str(minilm) not in path.read_text()


def test_killed_and_run_again_the_embedder_is_that_of_an_undisturbed_run(
    same_data: Path, trained: Path, tmp_path: Path
) -> None:
    # How often it saves does not matter.
    status = in_a_process_killed_at(5, recipe(save_every=1), same_data, tmp_path / "killed")
    assert status == -signal.SIGKILL
    states = {path.name for path in (tmp_path / "killed.partial").glob("checkpoint-*")}
    assert states == {"checkpoint-4"}
    left_half_saved(tmp_path / "killed.partial", "checkpoint-4", "checkpoint-5")
    resumed = run(recipe(), same_data, tmp_path / "killed")
    assert hash_folder(resumed) == hash_folder(trained)
    # Finished, it is not trained again.
    assert run(recipe(), same_data, resumed, kill_at=1) == resumed
    with pytest.raises(ConfigError, match="holds the embedder of another recipe"):
        run(recipe(seed=8), same_data, resumed)


def test_questions_without_evidence_are_left_out_and_counted(data: Path) -> None:
    path = data / "questions.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    train = [row for row in rows if row["split"] == "train"]
    for row in train[:2]:
        row |= {"evidence": [], "answerable": False}
    write_questions(data, rows)
    questions, sections = read(data)
    pairs = build_pairs(questions, sections, ranking(sections), recipe())
    assert (pairs.questions, pairs.without_evidence, len(pairs.rows)) == (10, 2, 10)
    asked = {row.question for row in pairs.rows}
    assert asked == {row["question"] for row in train[2:]}
    for row in train:
        row |= {"evidence": [], "answerable": False}
    write_questions(data, rows)
    with pytest.raises(DataError, match="none of the 12 train questions has evidence"):
        build_pairs(*read(data), ranking(sections), recipe())


def question(text: str, *evidence: str) -> Question:
    return Question(
        id=f"{text} {evidence}",
        split="train",
        framework="d",
        kind="k",
        question=text,
        evidence=list(evidence),
        citations=[],
    )


def corpus(count: int) -> dict[str, Section]:
    return {f"d/{n}": Section(f"d/{n}", "d", "D", f"{n}", f"says {n}") for n in range(count)}


def test_negatives_are_the_best_ranked_that_are_no_evidence() -> None:
    # What d/0 says stands in d/8 too.
    sections = corpus(8) | {"d/8": Section("d/8", "d", "D", "8", "Says  0")}
    asked = [question("a", "d/0", "d/2"), question("b", "d/1"), question("a", "d/5")]

    def ranked(questions: Sequence[str], k: int) -> list[list[str]]:
        return [[f"d/{n}" for n in (8, 0, 1, 2, 3, 4)][:k] for _ in questions]

    def none(questions: Sequence[str], k: int) -> list[list[str]]:
        del k
        return [[] for _ in questions]

    rows = build_pairs(asked, sections, ranked, recipe()).rows
    assert [(r.question, r.positive.id, *(n.id for n in r.negatives)) for r in rows] == [
        ("a", "d/0", "d/1", "d/3"),  # Asked twice, it has the evidence of both.
        ("a", "d/2", "d/1", "d/3"),
        ("b", "d/1", "d/8", "d/2"),
        ("a", "d/5", "d/1", "d/3"),
    ]
    skipping = build_pairs(asked, sections, ranked, recipe(skip=1)).rows
    assert [one.id for one in skipping[0].negatives] == ["d/3", "d/4"]
    for row in build_pairs(asked, sections, none, recipe()).rows:
        assert len({said(one) for one in row.negatives} - row.golds) == 2
    assert build_pairs(asked, sections, ranked, recipe(negatives=0)).rows[0].negatives == ()
    with pytest.raises(DataError, match="lower negatives or skip"):
        build_pairs(asked, sections, ranked, recipe(negatives=6))


def test_no_passage_of_a_batch_is_gold_for_another_of_its_questions() -> None:
    sections = corpus(30)
    asked = [question(f"q{n}", f"d/{n % 25}", f"d/{n * 7 % 25}") for n in range(40)]
    rows = build_pairs(asked, sections, ranking(sections), recipe()).rows
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

    rows = build_pairs(asked, sections, ranked, recipe(negatives=1)).rows
    for seed in range(5):
        sizes = [len(batch) for batch in batches(rows, recipe(batch_size=64, seed=seed))]
        assert max(sizes) <= min(64, 2 * min(sizes))


def test_pairs_of_one_passage_stand_in_batches_of_their_own() -> None:
    sections = corpus(60)
    asked = [question(f"q{n}", f"d/{max(0, n - 40)}") for n in range(90)]
    rows = build_pairs(asked, sections, ranking(sections), recipe(negatives=0, epochs=1)).rows
    sizes = [len(batch) for batch in batches(rows, recipe(batch_size=64, epochs=1))]
    assert sum(sizes) == 90
    assert (len(sizes), min(sizes), max(sizes)) == (41, 2, 3)


def determined(data: Path, **changes: Any) -> dict[str, Any]:
    questions, _ = read(data)
    return embedder_determinants(recipe(**changes), questions, Retriever.of(data))


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


def test_the_shipped_recipe_loads_and_a_wrong_one_is_refused_whole(tmp_path: Path) -> None:
    assert load_embedder_recipe("pairs") == EmbedderRecipe(name="pairs")
    assert load_embedder_recipe("pairs", model="o/m").model == "o/m"
    path = tmp_path / "mine.yaml"
    path.write_text("epochs: 0\nrate: 1\nscale: -1\n")
    with pytest.raises(ConfigError) as caught:
        load_embedder_recipe(str(path))
    for found in ("mine.yaml", "epochs", "rate", "scale"):
        assert found in str(caught.value)
    with pytest.raises(ConfigError, match="shipped ones are pairs"):
        load_embedder_recipe("sft")
