"""Every store keeps the same layout and finds the same: checked against plain arithmetic."""

import html
import json
import math
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import numpy as np
import pytest

from harness.errors import ConfigError, IndexStoreError
from harness.redaction import HIDDEN
from rag.bm25 import Sparse
from rag.stores.calling import called
from rag.stores.opening import Place, place_of
from rag.stores.settings import server
from rag.stores.store import SPARSE_WEIGHT, Point, Query, Store
from tests.serving import Call, Reply, serving
from tests.serving import Server as StandIn

pytestmark = pytest.mark.usefixtures("own_home")

SIZE = 8
COUNT = 300


def points() -> list[Point]:
    """Unit vectors and few terms of 40, drawn by seed; every tenth has no term."""
    draw = np.random.default_rng(3)
    made = []
    for number in range(COUNT):
        vector = draw.normal(size=SIZE)
        terms = sorted(draw.choice(40, size=4, replace=False).tolist()) if number % 10 else []
        values = [float(np.float32(value)) for value in draw.uniform(0.5, 2.0, size=len(terms))]
        made.append(
            Point(
                id=2**63 + number,  # Ids are unsigned: none of their 64 bits is lost.
                dense=(vector / np.linalg.norm(vector)).tolist(),
                sparse=Sparse(terms, values),
                payload={"id": f"p-{number:03d}", "citation": "C", "body": f"text {number}"},
            )
        )
    return made


@pytest.fixture
def place(each_store: None) -> Place:  # noqa: ARG001
    """A collection that is not there yet, in each kind of store."""
    return place_of(f"policyqa-test-{uuid.uuid4().hex}")


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with place.open(SIZE) as opened:
        opened.upsert(POINTS)
        opened.settle()
        yield opened


def idf(term: int) -> float:
    """As Qdrant weighs a term: Robertson and Spärck Jones, plus 1 within the logarithm, over the
    points that have any term."""
    worded = [point.sparse.indices for point in POINTS if point.sparse.indices]
    having = sum(term in indices for indices in worded)
    return math.log((len(worded) - having + 0.5) / (having + 0.5) + 1)


def cosine(point: Point) -> float:
    return float(np.dot(DENSE_QUERY, point.dense))


def bm25(point: Point) -> float:
    weights = dict(zip(point.sparse.indices, point.sparse.values, strict=True))
    return sum(idf(term) * weights.get(term, 0.0) for term in TERMS.indices)


def fused(point: Point) -> float:
    return cosine(point) + SPARSE_WEIGHT * bm25(point)


POINTS = points()
DENSE_QUERY = POINTS[0].dense
TERMS = Sparse([1, 7, 20], [1.0, 1.0, 1.0])


def test_points_come_back_as_they_were_kept(store: Store) -> None:
    assert store.count() == COUNT
    assert sorted(store.ids().tolist()) == [point.id for point in POINTS]
    taken = {point.id: point for point in store.take([2**63 + 10, 2**63 + 11, 5])}
    assert len(taken) == 2
    for number in (10, 11):
        kept, expected = taken[2**63 + number], POINTS[number]
        assert kept.payload == expected.payload
        assert kept.dense == pytest.approx(expected.dense, abs=1e-6)
        assert list(kept.sparse.indices) == list(expected.sparse.indices)
        assert list(kept.sparse.values) == pytest.approx(expected.sparse.values)


@pytest.mark.parametrize(
    ("query", "score"),
    [
        (Query(DENSE_QUERY, None), cosine),
        (Query(None, TERMS), bm25),
        (Query(DENSE_QUERY, TERMS), fused),
    ],
)
def test_search_ranks_by_cosine_by_bm25_or_by_their_weighted_sum(
    store: Store, query: Query, score: Callable[[Point], float]
) -> None:
    expected = sorted(POINTS, key=score, reverse=True)[:10]
    found = store.search([query], 10)[0]
    assert [one.id for one in found] == [one.payload["id"] for one in expected]
    assert [one.score for one in found] == pytest.approx([score(p) for p in expected], rel=1e-5)


def test_a_batch_gives_each_query_its_own_answer(store: Store) -> None:
    queries = [Query(point.dense, None) for point in POINTS[:20]]
    found = store.search([*queries, Query(None, TERMS)], 1)
    assert [one[0].id for one in found[:20]] == [f"p-{n:03d}" for n in range(20)]
    assert len(found) == 21


def test_an_empty_collection_finds_nothing_and_a_filled_one_is_opened_again(place: Place) -> None:
    with place.open(SIZE) as opened:
        assert opened.count() == len(opened.ids()) == 0
        assert opened.search([Query(DENSE_QUERY, TERMS)], 3) == [[]]
        opened.upsert(POINTS[:3])
    with place.open(SIZE) as opened:
        assert opened.count() == 3
        opened.upsert(POINTS[1:5])
        assert opened.count() == 5


def test_a_shard_that_a_kill_left_half_made_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    place = Place("policyqa-half")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt), place.open(SIZE):
            pass
    assert not place.folder.exists()
    with place.open(SIZE) as opened:
        opened.upsert(POINTS)
        assert opened.count() == COUNT
        # A second that does not wait is refused.
        with pytest.raises(TimeoutError), place.open(SIZE, wait=False):
            pass


@pytest.mark.parametrize("damaged", ["edge_config.json", "segment.json"])
def test_a_shard_that_cannot_be_read_is_said_and_not_deleted(damaged: str) -> None:
    place = Place("policyqa-damaged")
    with place.open(SIZE) as opened:
        opened.upsert(POINTS)
    path = next(place.folder.rglob(damaged))
    whole = path.read_bytes()
    path.write_bytes(whole[:20])
    message = f"{re.escape(str(place.folder))} fails: .*; .* damaged, delete it"
    with pytest.raises(IndexStoreError, match=message), place.open(SIZE):
        pass
    path.write_bytes(whole)
    with place.open(SIZE) as opened:
        assert opened.count() == COUNT


def test_a_candidate_of_one_ranking_alone_scores_nothing_in_the_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("client", "edge"):
        monkeypatch.setattr(f"rag.stores.{module}.CANDIDATES", 5)
    worst = min(POINTS, key=cosine)
    payload = worst.payload | {"id": "rare"}
    rare = replace(worst, id=1, sparse=Sparse([99], [3.0]), payload=payload)
    with place.open(SIZE) as opened:
        opened.upsert([*POINTS, rare])
        found = opened.search([Query(DENSE_QUERY, Sparse([99], [1.0]))], 5)[0]
    scores = {one.id: one.score for one in found}
    assert scores["p-000"] == pytest.approx(1.0)
    # By BM25 alone, and least of all by cosine: not lifted above those that are near.
    assert "rare" not in scores or scores["rare"] == min(scores.values())


def url_of(server: StandIn) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def standing_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A server without collections, asked by points two requests at a time."""
    together = threading.Barrier(2)

    def answer(call: Call) -> Reply:
        result: Any = {"exists": False} if call.path.endswith("/exists") else True
        if "/points" in call.path:
            together.wait(timeout=30)  # Broken unless two are sent at a time.
            result = {"operation_id": 1, "status": "completed"}
        body = json.dumps({"result": result, "status": "ok", "time": 0.0})
        return Reply(body, headers={"Content-Type": "application/json"})

    with serving(answer) as server:
        monkeypatch.setenv("QDRANT_URL", url_of(server))
        yield server


def upserts(server: StandIn) -> list[list[dict[str, Any]]]:
    """The points of each request that sent some."""
    return [call.body["points"] for call in server.calls if "/points" in call.path]


def test_a_cluster_is_told_shards_replicas_and_the_key_and_gets_every_point(
    standing_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", "a-secret")
    monkeypatch.setenv("QDRANT_SHARDS", "6")
    monkeypatch.setenv("QDRANT_REPLICAS", "2")
    with place_of("policyqa-c").open(SIZE) as opened:
        opened.upsert(POINTS[:256])
    assert all(one.headers["api-key"] == "a-secret" for one in standing_in.calls if one.path != "/")
    made = next(call.body for call in standing_in.calls if "vectors" in call.body)
    assert (made["shard_number"], made["replication_factor"]) == (6, 2)
    assert made["vectors"]["dense"]["size"] == SIZE
    assert made["sparse_vectors"]["bm25"]["modifier"] == "idf"
    assert len(upserts(standing_in)) == 2
    sent = [point["id"] for upsert in upserts(standing_in) for point in upsert]
    assert sorted(sent) == [point.id for point in POINTS[:256]]


def test_long_passages_are_sent_in_smaller_requests(
    standing_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.stores.client.REQUEST_CHARACTERS", 1000)
    sizes = (5000, 900, 50, 800, 700)
    long = [replace(POINTS[n], payload={"body": "x" * size}) for n, size in enumerate(sizes)]
    with place_of("policyqa-c").open(SIZE) as opened:
        opened.upsert(long)
    assert sorted(map(len, upserts(standing_in))) == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("QDRANT_SHARDS", "many", "QDRANT_SHARDS: .* integer"),
        ("QDRANT_REPLICAS", "0", "QDRANT_REPLICAS: .* greater"),
        ("QDRANT_URL", "localhost", "QDRANT_URL: no URL"),
        ("QDRANT_URL", "http://h:port", "QDRANT_URL: no URL"),
        ("QDRANT_URL", "ftp://secret@h", "QDRANT_URL: no URL"),
        ("QDRANT_API_KEY", "a-secr\u00e9t", "QDRANT_API_KEY: holds characters"),
        ("QDRANT_API_KEY", "a-secret\nb", "QDRANT_API_KEY: holds characters"),
    ],
)
def test_a_wrong_setting_of_a_server_is_refused_and_no_secret_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv("QDRANT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=message) as caught:
        place_of("c")
    assert "secr" not in f"{caught.value} {caught.value.__cause__}"


KEY = """k3y+/= '"\\&%<z9"""
PASSWORD = "p4:ä cr3t"  # noqa: S105
FORBIDDEN, BUSY, FINE = 403, 429, 200
ECHOES = [  # Status and body of an answer that has the key in it.
    (FORBIDDEN, f"no such key: {KEY}"),
    (FORBIDDEN, f"no such key: {quote(KEY)} or {quote_plus(KEY).lower()} or {quote(quote(KEY))}"),
    (FORBIDDEN, f"headers: {KEY.encode()!r}, {KEY!r}"),
    (FORBIDDEN, json.dumps({"status": {"error": json.dumps({"api-key": KEY})}})),
    (FORBIDDEN, f"<p>{html.escape(KEY)}</p>"),
    # The client cuts an answer after 200 characters, we after 500, and a field loses its middle.
    (FORBIDDEN, "x" * 190 + KEY),
    (FORBIDDEN, "x" * 460 + KEY),
    (FORBIDDEN, f"to http://me:{PASSWORD}@host, http://me:{quote(PASSWORD)}@host and {KEY}"),
    (FORBIDDEN, json.dumps({"password": PASSWORD, "key": KEY})),
    (BUSY, json.dumps({"status": {"error": f"too many requests of {KEY}"}})),
    (FINE, json.dumps({"result": {"exists": f"{KEY} {'x' * 90}"}})),
]


@pytest.mark.parametrize(("status", "body"), ECHOES)
def test_a_secret_that_a_server_echoes_is_in_no_message(
    monkeypatch: pytest.MonkeyPatch, status: int, body: str
) -> None:
    # The message had what the server said, and servers and proxies say what they were sent.
    monkeypatch.setattr("rag.stores.opening._connected", lambda at: called(at, lambda _: None))
    with serving(lambda _: Reply(body, status, {"Retry-After": "1"})) as server:
        url = url_of(server)
        here = url.removeprefix("http://")
        monkeypatch.setenv("QDRANT_URL", f"http://me:{quote(PASSWORD)}@{here}")
        monkeypatch.setenv("QDRANT_API_KEY", KEY)
        with pytest.raises(IndexStoreError) as caught, place_of("c").open(SIZE):
            pass
    message = str(caught.value)
    assert message.startswith(f"the Qdrant store at {url} fails: ")
    assert HIDDEN[:3] in message or status == FINE
    assert not re.search("k3y|z9|p4|cr3t", message)
    # Nor has a traceback of it what the client raised.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_where_a_server_is_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDRANT_URL", "https://me:secret@host:6333/base?api_key=secret")
    monkeypatch.setenv("QDRANT_API_KEY", " secret\n")
    assert str(place_of("c")) == "https://host:6333/base"
    found = server()
    assert found and found.key
    assert found.key.get_secret_value() == "secret"
    assert "secret" not in f"{found} {found!r} {found.model_dump()}"
