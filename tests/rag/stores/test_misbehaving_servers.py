"""What a Qdrant server does wrong is one line within a time, and costs nothing that it has."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.errors import IndexStoreError
from rag.bm25 import Sparse
from rag.stores.calling import TRIES, called
from rag.stores.opening import place_of, places_like
from rag.stores.store import Point
from tests.serving import Call, Reply, Server, self_signed, serving

pytestmark = pytest.mark.usefixtures("own_home")

CANARY = "qd-canary-5f0c77d2a9b14e36"
SIZE = 4
PATIENCE = 1.0
RUNNING = (
    "; is the server running? See QDRANT_URL (without a port, it is 6333), then run this again"
)
SLOW = f"no answer within {PATIENCE} seconds{{}}{RUNNING}"
IS_IT = "; is QDRANT_URL the address of a Qdrant server?"
LOG = "; see what it says and its log, then run this again: what is indexed is kept"
JSON_TYPE = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Case:
    """What a server does, and what is said of it."""

    reply: Reply
    said: str
    """The line, from behind where the server is; {} stands for the tries."""
    first: int = 1
    """Calls of one that never answered."""
    later: int = TRIES
    """Calls of one that did."""


LONG = json.dumps({"result": {"exists": True}, "status": "x" * 2000})
CASES = {
    "hangs": Case(Reply(hangs=True), SLOW),
    "slow from the first byte": Case(Reply(LONG, slow="head"), SLOW),
    "slow from the body on": Case(Reply(LONG, slow="body"), SLOW),
    "garbage": Case(Reply("\x00\x1b]0;no\x07 <html>"), "its answer is no JSON" + IS_IT, later=1),
    "another's JSON": Case(Reply('{"result": [1]}'), "its answer is none of Qdrant's: ", later=1),
    "cut in the middle": Case(
        Reply(LONG, cut=True), "peer closed connection without sending complete message body ("
    ),
    "closed": Case(
        Reply(drops=True), "Server disconnected without sending a response.{}" + RUNNING
    ),
    "endless": Case(Reply("x" * 200_000), "an answer that does not end" + IS_IT, later=1),
    "401": Case(
        Reply("no", 401), "it answers 401 (told): no; set its key: QDRANT_API_KEY", later=1
    ),
    "429": Case(
        Reply("", 429, {"Retry-After": "7"}),
        "it answers 429 (told){}; wait until fewer ask it, then run this again",
        first=TRIES,
    ),
    "500": Case(Reply("oops", 500), "it answers 500 (told): oops{}" + LOG, first=TRIES),
}
PASSING = [name for name, case in CASES.items() if case.later > 1]


@dataclass
class Collection:
    """What stands in for a server: keeps the ids it gets, and misbehaves from some call on."""

    reply: Reply
    good: int
    """Calls that are answered before it misbehaves."""
    bad: int = 1000
    """Calls it misbehaves for."""
    kept: list[int] = field(default_factory=list)

    def __call__(self, call: Call) -> Reply:
        if self.good < call.number <= self.good + self.bad:
            return self.reply
        result: Any = {"exists": False} if call.path.endswith("/exists") else True
        if "/points" in call.path:
            self.kept += [point["id"] for point in call.body["points"]]
            result = {"operation_id": 1, "status": "completed"}
        return Reply(json.dumps({"result": result, "status": "ok", "time": 0.0}), 200, JSON_TYPE)


def point(number: int) -> Point:
    return Point(number, [1.0, 0.0, 0.0, 0.0], Sparse([1], [1.0]), {"body": f"text {number}"})


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long is waited, without waiting; a server has little time, and answers are short."""
    waited: list[float] = []
    monkeypatch.setattr("rag.stores.opening._connected", lambda at: called(at, waited.append))
    for module in ("calling", "failures"):
        monkeypatch.setattr(f"rag.stores.{module}.TIMEOUT", PATIENCE)
    monkeypatch.setattr("rag.stores.calling.GRACE", 0.1)
    monkeypatch.setattr("rag.stores.calling.LARGEST", 100_000)
    monkeypatch.setenv("QDRANT_API_KEY", CANARY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    return waited


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Names the server that is asked from here on."""

    def name(server: Server, base: str = "http://127.0.0.1") -> str:
        url = f"{base}:{server.server_port}"
        monkeypatch.setenv("QDRANT_URL", url)
        return url

    return name


def refused(error: pytest.ExceptionInfo[IndexStoreError]) -> str:
    """What is said: one line, with no key, and nothing of a library printed with it."""
    said = str(error.value)
    assert "\n" not in said
    assert "\x1b" not in said
    assert CANARY[:12] not in said
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__
    return said


@pytest.mark.parametrize("name", CASES)
def test_a_server_that_never_answers_is_one_line(name: str, waits: list[float], at: Any) -> None:
    case = CASES[name]
    with serving(Collection(case.reply, good=0)) as server:
        url = at(server)
        with pytest.raises(IndexStoreError) as caught, place_of("c").open(SIZE):
            pass
        assert server.calls[0].headers["api-key"] == CANARY
        assert len(server.calls) == case.first
    tries = f", in {TRIES} tries" if case.first > 1 else ""
    said = refused(caught)
    assert said.startswith(f"the Qdrant store at {url} fails: {case.said.replace('{}', tries)}")
    assert len(waits) == case.first - 1
    assert waits == [7.0] * (TRIES - 1) or name != "429"
    with serving(Collection(case.reply, good=0)) as server:
        at(server)
        with pytest.raises(IndexStoreError) as caught:
            places_like("policyqa")
    refused(caught)


@pytest.mark.parametrize("name", CASES)
def test_what_came_before_is_kept_and_a_server_that_answered_is_given_time(
    name: str, waits: list[float], at: Any
) -> None:
    case = CASES[name]
    script = Collection(case.reply, good=3)  # Is it there, make it, keep some.
    with serving(script) as server:
        at(server)
        with pytest.raises(IndexStoreError) as caught, place_of("c").open(SIZE) as store:
            store.upsert([point(1)])
            store.upsert([point(2)])
        assert len(server.calls) == 3 + case.later
    tries = f", in {TRIES} tries" if case.later > 1 else ""
    assert case.said.replace("{}", tries) in refused(caught)
    assert waits == ([7.0] * 3 if name == "429" else [1.0, 2.0, 4.0][: case.later - 1])
    assert script.kept == [1]


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_costs_a_wait(name: str, waits: list[float], at: Any) -> None:
    script = Collection(CASES[name].reply, good=3, bad=1)
    with serving(script) as server:
        at(server)
        with place_of("c").open(SIZE) as store:
            store.upsert([point(1)])
            store.upsert([point(2)])
    assert script.kept == [1, 2]
    assert waits == ([7.0] if name == "429" else [1.0])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, waits: list[float], at: Any) -> None:
    with serving(Collection(Reply(), 1000)) as elsewhere, serving(lambda _: moved) as server:
        place = f"http://localhost:{elsewhere.server_port}/{CANARY}"
        moved = Reply("", status, {"Location": f"{place}?api_key={CANARY}"})
        url = at(server)
        with pytest.raises(IndexStoreError) as caught, place_of("c").open(SIZE):
            pass
        assert elsewhere.calls == []
        assert len(server.calls) == 1
        port = elsewhere.server_port
    assert refused(caught) == (
        f"the Qdrant store at {url} fails: it answers {status} (told) and sends to "
        f"http://localhost:{port}/[hidden], not followed since the key would go there; "
        "if that is the server you mean, name it in QDRANT_URL"
    )
    assert waits == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if not shutil.which("openssl"):
        pytest.skip("openssl, which makes the certificate, is not installed")
    return self_signed(tmp_path_factory.mktemp("certificate"))


def test_a_certificate_that_nobody_signed_is_refused_at_once(
    waits: list[float], at: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Collection(Reply(), 1000), certificate) as server:
        at(server, "https://localhost")
        with pytest.raises(IndexStoreError) as caught, place_of("c").open(SIZE):
            pass
        said = refused(caught)
        assert "certificate verify failed: self-signed certificate" in said
        assert said.endswith(
            "; set SSL_CERT_FILE in the environment to a file of the certificates to trust"
        )
        assert (server.calls, waits) == ([], [])
        # What mends it does.
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with place_of("c").open(SIZE) as store:
            store.upsert([point(1)])


def test_tls_is_not_spoken_by_every_server(waits: list[float], at: Any) -> None:
    with serving(Collection(Reply(), 1000)) as server:
        at(server, "https://127.0.0.1")
        with pytest.raises(IndexStoreError) as caught, place_of("c").open(SIZE):
            pass
    assert "; see QDRANT_URL: it begins with http:// where the server has no" in refused(caught)
    assert waits == []


def test_a_server_that_is_gone_is_asked_once(waits: list[float], at: Any) -> None:
    with serving(Collection(Reply(), 0)) as server:
        at(server)
    with pytest.raises(IndexStoreError) as caught, place_of("c").open(SIZE):
        pass
    assert f"Connection refused{RUNNING}" in refused(caught)
    assert waits == []
