"""A real embedder and a real embedded Qdrant store."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import IndexStoreError
from rag.corpus import Section, load_corpus
from rag.embedder import Embedder
from rag.index import Index
from rag.retriever import Retriever

QUESTION = "How long may the string of a kite be?"


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    """A cache whose indexes are this test's alone."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "models").symlink_to((home / "models").resolve())
    monkeypatch.setenv("POLICYQA_HOME", str(folder))
    return folder


@pytest.fixture
def sections(data: Path, minilm: Path, own_store: Path) -> list[Section]:  # noqa: ARG001
    return load_corpus(data)


def test_the_nearest_sections_come_best_first(sections: list[Section]) -> None:
    first, second = Index(sections, Embedder()).search([QUESTION, "How deep is a well?"], 3)
    assert {hit.id.split("/")[0] for hit in first} == {"kites"}
    assert {hit.id.split("/")[0] for hit in second} == {"wells"}
    scores = [hit.score for hit in first]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] <= 1.0


def test_an_index_is_built_once(sections: list[Section]) -> None:
    told: list[tuple[int, int]] = []
    assert Index(sections, Embedder()).build(lambda *done: told.append(done))
    assert told[-1] == (18, 18)
    assert not Index(sections, Embedder()).build()


def test_changed_text_is_never_answered_from_the_old_index(sections: list[Section]) -> None:
    Index(sections, Embedder()).build()
    changed = [replace(s, body=s.body.replace("60", "90")) for s in sections]
    hits = Index(changed, Embedder()).search([QUESTION], 1)[0]
    assert "at most 90 metres" in hits[0].text
    assert Index(changed, Embedder()).name != Index(sections, Embedder()).name


def test_another_embedder_has_another_index(
    sections: list[Section], tmp_path: Path, minilm: Path
) -> None:
    other = tmp_path / "other-embedder"
    other.symlink_to(minilm, target_is_directory=True)
    assert Index(sections, Embedder(str(other))).name != Index(sections, Embedder()).name


def test_a_collection_with_passages_missing_is_built_again(sections: list[Section]) -> None:
    index = Index(sections, Embedder())
    index.build()
    with index._client() as client:
        client.delete(index.name, points_selector=[3, 4])
    assert len(index.search(["hives"], 18)[0]) == 18


def test_a_collection_of_another_vector_size_is_built_again(sections: list[Section]) -> None:
    from qdrant_client import models

    index = Index(sections, Embedder())
    with index._client() as client:
        params = models.VectorParams(size=3, distance=models.Distance.COSINE)
        client.create_collection(index.name, vectors_config=params)
        points = [models.PointStruct(id=i, vector=[1.0, 0.0, 0.0]) for i in range(18)]
        client.upsert(index.name, points)
    assert index.build()
    assert index.search([QUESTION], 1)[0][0].id.startswith("kites/")


@pytest.mark.parametrize("damaged", ["meta.json", "storage.sqlite"])
def test_a_store_that_a_kill_left_unreadable_is_built_again(
    sections: list[Section], damaged: str
) -> None:
    index = Index(sections, Embedder())
    index.build()
    path = next(Path(index.location).rglob(damaged))
    path.write_bytes(b'{"half' + path.read_bytes()[:50])
    assert index.search([QUESTION], 1)[0][0].id.startswith("kites/")


def test_a_second_process_waits_for_the_store(sections: list[Section], data: Path) -> None:
    index = Index(sections, Embedder())
    index.build()
    code = (
        "import sys; from pathlib import Path; from rag.retriever import Retriever;"
        "print('ready', flush=True);"
        "print(Retriever.of(Path(sys.argv[1])).index.search(['kite string'], 1)[0][0].id)"
    )
    with index._client():
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(data)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
    said, _ = process.communicate()
    assert process.returncode == 0
    assert said.strip().startswith("kites/")


def test_a_server_that_is_not_there_is_one_clear_error(
    sections: list[Section], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("QDRANT_API_KEY", "a-secret")
    with pytest.raises(IndexStoreError, match=r"http://127\.0\.0\.1:9") as caught:
        Index(sections, Embedder()).build()
    assert "a-secret" not in str(caught.value)


def test_a_server_gives_the_same_sections(
    sections: list[Section], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = os.environ.get("POLICYQA_TEST_QDRANT_URL")
    if not url:
        pytest.skip("set POLICYQA_TEST_QDRANT_URL to a Qdrant server to run this")
    embedded = Index(sections, Embedder()).search([QUESTION], 5)
    monkeypatch.setenv("QDRANT_URL", url)
    served = Index(sections, Embedder()).search([QUESTION], 5)
    assert [hit.id for hit in served[0]] == [hit.id for hit in embedded[0]]


def test_contexts_show_the_sections_that_were_found(sections: list[Section]) -> None:
    context = Retriever(sections, k=2).contexts([QUESTION])[0]
    assert len(context.ids) == len(context.scores) == 2
    assert context.text.startswith("[1] Kite Flying Code, Strings")
    assert "\n[2] " in context.text


def test_given_sections_are_shown_as_they_were_named(sections: list[Section]) -> None:
    context = Retriever(sections).given(["wells/s-2"])
    assert context.ids == ["wells/s-2"]
    assert "A well is dug 15 metres deep, says Paragraph 2." in context.text
