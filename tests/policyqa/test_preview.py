"""The preview of a run tells what the run then does, and does nothing of it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.kept import Kept
from policyqa.preview import preview
from policyqa.suite import load_suite
from reports.preview import Asking, Indexing, Preview
from tests.conftest import printed, shown
from tests.policyqa.conftest import quiet, run
from tests.policyqa.test_run import write_suite
from tests.tasks.folders import change

SUITE = """
model: {model}
data: {data}
floors: []
metrics: [bleu]
prompts:
  turns: {{chat: true, system: Be brief., template: "{{context}}\\n\\n{{question}}", shots: 1}}
contexts: {{wide: {{k: 3, budget: 90}}}}
decoding: {{max_tokens: 8, repeats: 2}}
variants: [base/plain, base/rag, base/turns+wide, base/plain+temperature=0.7]
"""


@pytest.fixture
def suite(data: Path, tiny_llama: Path, tmp_path: Path, own_home: Path) -> Path:  # noqa: ARG001
    """A suite file over the small data and model, with a cache of its own."""
    path = tmp_path / "mine.yaml"
    path.write_text(SUITE.format(model=tiny_llama, data=data))
    return path


def files(folder: Path) -> dict[Path, Any]:
    """What all files hold; of SQLite's, which it tidies up as it is read, what they say."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path: _content(path) for path in found if not path.name.startswith("kept.sqlite-")}


def _content(path: Path) -> Any:
    if path.suffix != ".sqlite":
        return path.read_bytes()
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def previewed(suite: Path, **changes: Any) -> Preview:
    """The preview, once it is sure that nothing was written."""
    before = files(suite.parent)
    found = preview(load_suite(str(suite), **changes), quiet())
    assert files(suite.parent) == before
    return found


def counts(found: Preview) -> list[tuple[int, int]]:
    return [(one.kept, one.asked) for one in found.variants]


@pytest.mark.usefixtures("minilm")
def test_what_is_kept_is_counted_and_the_rest_would_be_asked(
    suite: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    found = previewed(suite)
    assert counts(found) == [(0, 3), (0, 3), (0, 3), (0, 6)]
    assert found.index == [Indexing("minilm-l6", 18, pytest.approx(18 * 0.03))]
    assert (found.fetch, found.train) == ([], [])
    assert [note[:46] for note in found.notes] == ["too few test questions to decide anything: 3, "]
    run(suite, tmp_path / "run")

    request.getfixturevalue("no_model")
    found = previewed(suite)
    assert counts(found) == [(3, 0), (3, 0), (3, 0), (6, 0)]
    assert found.index == []
    assert found.seconds is not None
    assert found.seconds < 20
    assert counts(previewed(suite, limit=2)) == [(2, 0), (2, 0), (2, 0), (4, 0)]
    assert counts(previewed(suite, split="validation"))[0] == (0, 3)
    suite.write_text(suite.read_text().replace("Be brief.", "Be long."))
    assert counts(previewed(suite)) == [(3, 0), (3, 0), (0, 3), (6, 0)]
    # Where one of a batch is missing, all of it is asked.
    kept = Kept()
    (key,) = kept._db.rows("SELECT key FROM answers WHERE place = 1 LIMIT 1", [])[0]
    kept.forget_answers([key])
    kept.close()
    assert sorted(counts(previewed(suite)))[:2] == [(0, 3), (0, 3)]


@pytest.mark.usefixtures("minilm", "no_model")
def test_what_would_be_trained_is_told_with_what_cannot_be_scored(
    suite: Path, tmp_path: Path, data: Path
) -> None:
    Kept().close()  # It is there, so that what is kept would be looked up.
    recipes = write_suite(tmp_path, data, tmp_path).read_text().splitlines()[-1]
    text = suite.read_text().replace("[base/plain, ", "[base/plain, sft/plain, sft-rag/rag, ")
    suite.write_text(f"{text}{recipes}")
    change(data, {2: {"answer": None}})
    found = previewed(suite)
    assert [(one.model, one.recipe, one.questions) for one in found.train] == [
        ("sft", "sft", 11),
        ("sft-rag", "sft-rag", 11),
    ]
    assert [one.asked for one in found.variants[:3]] == [3, 3, 3]
    assert any("1 of 12 train questions have no reference answer" in one for one in found.notes)


def test_models_that_are_not_here_are_named_and_not_fetched(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path / "none"))
    path = tmp_path / "mine.yaml"
    # Looking at a server that takes text fetched the tokenizer that renders its chats.
    path.write_text(
        f"model: smollm2-135m\ndata: {data}\nvariants: [base/chat-rag, base/plain, served/chat]\n"
        "models: {served: {engine: local-completions, base: m, options: {tokenizer: nobody/here, "
        'base_url: "http://localhost:9/v1/completions"}}}\n'
    )
    found = previewed(path)
    assert found.fetch == ["smollm2-135m", "nobody/here", "minilm-l6"]
    assert found.index == [Indexing("minilm-l6", 18, pytest.approx(18 * 0.03))]
    assert [one.asked for one in found.variants] == [3, 3, 3]
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("minilm")
def test_an_assistant_that_exists_is_not_asked_and_one_elsewhere_takes_nobody_knows_how_long(
    suite: Path, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "answers.jsonl").write_text('{"id": "bees-0002", "answer": "40 m"}\n')
    suite.write_text(
        f"data: {data}\nfloors: []\nvariants: [today, served/plain]\nmodels:\n"
        f"  today: {{answers: {tmp_path}/answers.jsonl}}\n"
        "  served: {engine: local-completions, base: m, "
        'options: {base_url: "http://localhost:9/v1/completions"}}\n'
    )
    found = previewed(suite)
    assert found.variants == [
        Asking("today", 3, 0, pytest.approx(0.15)),
        Asking("served/plain", 0, 3, None),
    ]
    assert found.seconds is None


def test_how_long_a_model_takes_that_is_not_here_nobody_knows(suite: Path, data: Path) -> None:
    suite.write_text(f"model: some/model\ndata: {data}\nfloors: []\nvariants: [base/plain]\n")
    found = previewed(suite)
    assert "some/model" in found.fetch
    assert found.variants == [Asking("base/plain", 0, 3, None)]
    assert found.seconds is None


@pytest.mark.usefixtures("minilm")
def test_the_command_tells_it_in_words_or_json(suite: Path) -> None:
    said = shown("run", suite, "--dry-run")
    for part in ("suite mine: 3 test questions", "to fetch: nothing", "18 sections", "are rough"):
        assert part in said
    assert "nothing was done" in said
    found = printed("run", suite, "--dry-run")
    assert [one["asked"] for one in found["variants"]] == [3, 3, 3, 6]
    assert found["seconds"] > 0
