"""A collection in a folder is believed as it was written, and no other way."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.errors import IndexStoreError
from rag.bm25 import Sparse
from rag.stores.opening import Place
from rag.stores.sealed import INDEX_SEAL
from rag.stores.store import Point, Query

pytestmark = pytest.mark.usefixtures("own_home")

PLACE = Place("policyqa-test")
POINTS = [
    Point(n, [1.0, n / 10], Sparse([n], [1.0]), {"id": str(n), "citation": "C", "body": "text"})
    for n in range(1, 4)
]


def built(settled: bool = True) -> Path:
    """A collection's folder, closed."""
    with PLACE.open(2) as store:
        store.upsert(POINTS)
        if settled:
            store.settle()
    return PLACE.folder


def found() -> list[str]:
    with PLACE.open(2) as store:
        return [hit.id for hit in store.search([Query([1.0, 0.3], None)], 3)[0]]


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [flipped, cut, Path.unlink])
def test_each_file_that_was_damaged_is_refused_and_named(damage: Callable[[Path], None]) -> None:
    # Some ended the process, without a word; of others another passage was found.
    folder = built()
    sound = folder.with_name("sound")
    shutil.copytree(folder, sound)
    names = [one.relative_to(sound) for one in sound.rglob("*") if one.is_file()]
    assert len(names) > 10
    for name in [one for one in names if (sound / one).stat().st_size and one.name != INDEX_SEAL]:
        damage(folder / name)
        with pytest.raises(IndexStoreError, match=rf"{name} is not as it was .* rm -r {folder}"):
            found()
        shutil.copy2(sound / name, folder / name)
    assert found() == ["3", "2", "1"]


def test_a_damaged_seal_is_refused_and_of_none_nobody_knows() -> None:
    folder = built()
    cut(folder / INDEX_SEAL)
    (folder / INDEX_SEAL).write_text("[]")
    with pytest.raises(IndexStoreError, match=rf"{INDEX_SEAL} is not as it was written"):
        found()
    (folder / INDEX_SEAL).unlink()
    assert found() == ["3", "2", "1"]


def test_files_that_were_touched_or_copied_are_the_same() -> None:
    for path in built().rglob("*"):
        os.utime(path, (1, 1))
    assert found() == ["3", "2", "1"]


def test_a_graph_stays_as_it_was_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.stores.edge.EXACT_UP_TO", 100)
    draw = np.random.default_rng(3)
    vectors = draw.normal(size=(3000, 2)).tolist()
    with PLACE.open(2) as store:
        store.upsert([replace(POINTS[0], id=n, dense=one) for n, one in enumerate(vectors)])
        store.settle()
    for _ in range(2):
        with PLACE.open(2) as store:
            store.settle()
            assert store.count() == 3000


def test_what_is_being_written_is_not_sealed_until_it_is_settled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = built(settled=False)
    assert not (folder / INDEX_SEAL).exists()
    with PLACE.open(2) as store:
        store.settle()
    assert (folder / INDEX_SEAL).exists()
    with PLACE.open(2) as store:
        store.upsert(POINTS[:1])
        # What a kill here leaves is gone on with.
        assert not (folder / INDEX_SEAL).exists()
    with PLACE.open(2) as store:
        store.settle()
    sealed = (folder / INDEX_SEAL).stat().st_mtime_ns
    monkeypatch.setattr("rag.stores.edge.seal", lambda _: pytest.fail("nothing was written"))
    with PLACE.open(2) as store:
        store.settle()
    assert found() == ["3", "2", "1"]
    assert (folder / INDEX_SEAL).stat().st_mtime_ns == sealed


def test_what_the_library_did_not_expect_of_files_that_nobody_sealed_is_one_line() -> None:
    folder = built(settled=False)
    (status,) = folder.rglob("vector_storage-dense/deleted/status.dat")
    status.write_bytes(b"")
    with pytest.raises(IndexStoreError, match=r"If the folder is damaged, delete it"):
        found()
