"""A real embedder and a real embedded Qdrant store."""

import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from harness.errors import ConfigError, DataError, IndexStoreError
from harness.files import locked
from rag.bm25 import Sparse
from rag.corpus import Section, load_corpus
from rag.embedder import Embedder
from rag.index import MODES, Index, _batches, _digest, _point_id
from rag.retriever import Retriever
from rag.stores.edge import EdgeStore
from rag.stores.store import Point
from tests.conftest import new_home
from tests.rag.conftest import keep_in_memory

pytestmark = pytest.mark.usefixtures("own_home", "minilm")

QUESTION = "How long may the string of a kite be?"


@pytest.fixture
def sections(data: Path) -> list[Section]:
    return load_corpus(data)


def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is embedded from now on."""
    texts: list[str] = []
    real = Embedder.embed

    def embed(self: Embedder, batch: Sequence[str]) -> Any:
        texts.extend(batch)
        return real(self, batch)

    monkeypatch.setattr(Embedder, "embed", embed)
    return texts


def passage(name: str, heading: str, body: str) -> Section:
    return Section(f"f/{name}", "f", "Forms", heading, body)


def many(count: int) -> list[Section]:
    """Passages of different length."""
    return [passage(str(n), f"Part {n}", "word " * (1 + n % 25)) for n in range(1, count + 1)]


def kept(index: Index) -> dict[int, Point]:
    """Everything a collection holds, to the last bit."""
    with index._place.open(Embedder().size) as store:
        return {point.id: point for point in store.take(store.ids().tolist())}


def test_an_index_is_built_once_and_the_nearest_sections_come_best_first(
    sections: list[Section],
) -> None:
    told: list[tuple[int, int]] = []
    index = Index(sections, Embedder())
    assert index.missing() == 18
    assert index.build(lambda *done: told.append(done))
    assert told[-1] == (18, 18)
    assert index.missing() == 0
    assert not Index(sections, Embedder()).build()
    first, second, again = index.search([QUESTION, "How deep is a well?", QUESTION], 3)
    assert {hit.id.split("/")[0] for hit in first} == {"kites"}
    assert {hit.id.split("/")[0] for hit in second} == {"wells"}
    scores = [hit.score for hit in first]
    assert scores == sorted(scores, reverse=True)
    assert all(hit.body is other.body for hit, other in zip(first, again, strict=True))


def test_what_was_indexed_before_is_found_by_its_name() -> None:
    # An index that somebody has built stays theirs: a change of these names is a new layout.
    index = Index([passage("1", "Part 1", "Text.")], Embedder())
    assert index.name == "policyqa-84e613f5-706ff10dab6db922"


def test_changed_text_or_another_embedder_is_never_answered_from_the_old_index(
    sections: list[Section], tmp_path: Path, minilm: Path
) -> None:
    old = Index(sections, Embedder())
    old.build()
    changed = Index([replace(s, body=s.body.replace("60", "90")) for s in sections], Embedder())
    assert "at most 90 metres" in changed.search([QUESTION], 1)[0][0].text
    other = tmp_path / "other-embedder"
    other.symlink_to(minilm, target_is_directory=True)
    assert len({old.name, changed.name, Index(sections, Embedder(str(other))).name}) == 3


def test_a_collection_with_passages_missing_is_built_again(sections: list[Section]) -> None:
    index = Index(sections, Embedder())
    with index._place.open(Embedder().size) as store:
        # What a build that was killed after a batch of three has kept.
        ids = np.array([_point_id(_digest(one)) for one in sections[:3]], dtype=np.uint64)
        store.upsert(index._points(next(_batches(sections[:3], ids, ids[:0]))))
    assert index.missing() == 15
    assert len(index.search(["hives"], 18)[0]) == 18


def test_a_collection_of_another_vector_size_is_built_again(
    sections: list[Section], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_in_memory(monkeypatch)
    index = Index(sections, Embedder())
    with index._place.open(3) as store:
        store.upsert([Point(1, [1.0, 0.0, 0.0], Sparse([], []), {})])
    assert index.build()
    assert index.search([QUESTION], 1)[0][0].id.startswith("kites/")


@pytest.mark.usefixtures("each_store")
def test_of_changed_documents_the_changed_passages_alone_are_embedded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passages = many(120)
    Index(passages, Embedder()).build()
    new = [replace(one, body=f"New: {one.body}") for one in passages[7:10]]
    texts = embedded(monkeypatch)
    index = Index([*passages[:7], *new, *passages[10:]], Embedder())
    assert index.build()
    assert sorted(texts) == sorted(one.text for one in new)
    assert len(kept(index)) == 120


def test_an_earlier_collection_in_use_is_not_waited_for(sections: list[Section]) -> None:
    earlier = Index(sections[:3], Embedder())
    earlier.build()
    with earlier._place.open(Embedder().size):
        assert Index(sections, Embedder()).build()


def test_killed_while_indexing_and_run_again_the_index_is_that_of_an_undisturbed_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.INDEX_BATCH", 32)
    undisturbed = Index(many(50), Embedder())
    undisturbed.build()
    expected = kept(undisturbed)

    new_home(tmp_path / "other", monkeypatch)
    code = (
        "import os, signal, rag.index; from rag.embedder import Embedder;"
        "from tests.rag.test_index import many; rag.index.INDEX_BATCH = 32;"
        "kill = lambda done, _: os.kill(os.getpid(), signal.SIGKILL) if done else None;"
        "rag.index.Index(many(50), Embedder()).build(kill)"
    )
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", code], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL

    again = Index(many(50), Embedder())
    texts = embedded(monkeypatch)
    assert len(kept(again)) == 32
    assert again.build()
    assert len(texts) == 50 - 32
    assert kept(again) == expected


def test_a_large_corpus_is_never_held_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.index.WINDOW", 20)
    monkeypatch.setattr("rag.index.INDEX_BATCH", 5)
    alive: weakref.WeakSet[Section] = weakref.WeakSet()
    most = 0

    class Passages:
        def __iter__(self) -> Iterator[Section]:
            nonlocal most
            for n in range(80):
                one = passage(str(n), f"Part {n}", "word")
                alive.add(one)
                most = max(most, len(alive))
                yield one

    Index(Passages(), Embedder()).build()
    # The window that is worked on, and the next while it is gathered.
    assert 20 <= most <= 41


def test_hybrid_search_finds_what_either_ranking_alone_misses() -> None:
    form = "Filed by the operator each spring."
    by_name = passage("a", "Form QX-77", form)
    by_sense = passage("b", "Meals", "Diners receive bread and soup at noon.")
    others = [passage(str(n), f"Form QX-{n}", form) for n in range(10, 60)]
    index = Index([by_name, by_sense, *others], Embedder())
    hits = index.search(["Who files QX-77?", "When is lunch served?"], 1)
    assert [found[0].id for found in hits] == ["f/a", "f/b"]


@pytest.mark.usefixtures("each_store")
def test_of_equal_scores_the_first_ids_are_found_in_every_store() -> None:
    same = [passage(f"{n:03d}", "Part", "Reserved.") for n in range(60)]
    for mode in MODES:
        hits = Index(same, Embedder()).search(["What is reserved?"], 3, mode)[0]
        assert [hit.id for hit in hits] == ["f/000", "f/001", "f/002"], mode


def test_passages_that_change_while_they_are_indexed_are_refused() -> None:
    class Changing:
        turn = 0

        def __iter__(self) -> Iterator[Section]:
            self.turn += 1
            return iter([passage("1", "Part", f"Text {self.turn}")])

    with pytest.raises(DataError, match="changed while they were being indexed"):
        Index(Changing(), Embedder()).build()


def test_a_build_killed_before_it_was_settled_is_settled_by_the_next(
    sections: list[Section], monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[int] = []
    Index(sections, Embedder()).build()
    monkeypatch.setattr(EdgeStore, "settle", lambda store: settled.append(store.count()))
    assert not Index(sections, Embedder()).build()
    assert settled == [18]


def test_of_nothing_nothing_is_found_and_another_mode_is_refused(sections: list[Section]) -> None:
    index = Index(sections, Embedder())
    assert index.search([], 3) == []
    assert index.search([QUESTION, "x"], 0) == [[], []]
    assert index.search(["!?", ""], 5, "sparse") == [[], []]
    assert [len(found) for found in index.search(["!?", ""], 5)] == [5, 5]
    with pytest.raises(ConfigError, match="'fuzzy' is none of hybrid, dense, sparse"):
        index.search([QUESTION], 1, "fuzzy")


def test_a_second_waits_for_the_store(
    sections: list[Section], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Index(sections, Embedder())
    index.build()
    comes = Event()

    def coming(path: Path, wait: bool) -> AbstractContextManager[None]:
        comes.set()
        return locked(path, wait)

    with ThreadPoolExecutor() as pool:
        with index._place.open(Embedder().size):
            monkeypatch.setattr("rag.stores.opening.locked", coming)
            second = pool.submit(index.search, ["kite string"], 1)
            assert comes.wait(60)
        assert second.result()[0][0].id.startswith("kites/")


def test_a_server_that_is_not_there_is_one_clear_error(
    sections: list[Section], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("QDRANT_API_KEY", "a-secret")
    with pytest.raises(IndexStoreError, match=r"http://127\.0\.0\.1:9") as caught:
        Index(sections, Embedder()).build()
    assert "a-secret" not in str(caught.value)


def test_contexts_show_the_sections_that_were_found_or_given(sections: list[Section]) -> None:
    retriever = Retriever(sections, k=2)
    context = retriever.contexts([QUESTION])[0]
    assert len(context.ids) == len(context.scores) == 2
    assert context.text.startswith("[1] Kite Flying Code, Strings")
    assert "\n[2] " in context.text
    given = retriever.given([QUESTION], [["wells/s-2"]])[0]
    assert given.ids == ("wells/s-2",)
    assert "A well is dug 15 metres deep, says Paragraph 2." in given.text
