"""What a server of a model does wrong is one line within a time, and costs nothing that came."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.errors import ModelError
from harness.kept import Kept
from tests.served import CHATS, ECHOED, ENGINES, PROMPTS, Asker, count, echoes
from tests.serving import Call, Reply, Server, says, self_signed, serving

CANARY = "sk-canary-5f0c77d2a9b14e36"
PATIENCE = 1.0
"""Seconds a call has here."""
ANSWERED = 2
"""Prompts that are answered before the server misbehaves."""
EACH = pytest.mark.parametrize("engine", ENGINES)
SLOW = "no answer in time{}; set a longer timeout (seconds) or a smaller num_concurrent"
NOT_JSON = "an answer that is not JSON{}; see base_url of its options, which must be the full addr"
LATER = "; send fewer at once (num_concurrent of its options) or later, then run this again"
RUNS = "; see that it runs, then run this again: what came is kept"


@dataclass(frozen=True)
class Case:
    """What a server does, and what is said of it."""

    reply: Reply
    said: str
    """The line, from behind where the server is; {} stands for the tries."""
    again: bool = True
    """Whether it is asked again."""


LONG = says("x" * 2000).body
CASES = {
    "hangs": Case(Reply(hangs=True), SLOW),
    "slow from the first byte": Case(Reply(LONG, slow="head"), SLOW),
    "slow from the body on": Case(Reply(LONG, slow="body"), SLOW),
    "garbage": Case(Reply("\x00\x1b]0;no\x07 <html>"), NOT_JSON),
    "cut in the middle": Case(Reply(LONG, cut=True), "an answer that broke off{}" + RUNS),
    "endless": Case(Reply("x" * 200_000), "an answer that does not end; see base_url", again=False),
    "401": Case(
        Reply('{"error": "no"}', 401),
        'HTTP 401 ({"error": "no"}); set its key: OPENAI_API_KEY',
        again=False,
    ),
    "429": Case(Reply("", 429, {"Retry-After": "7"}), "HTTP 429{}" + LATER),
    "500": Case(Reply("oops", 500), "HTTP 500 (oops){}" + RUNS),
}
PASSING = [name for name, case in CASES.items() if case.again]


@pytest.fixture(autouse=True)
def own_key_and_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setattr("harness.models.sending._GRACE", 0.2)
    monkeypatch.setattr("harness.models.sending._LARGEST", 100_000)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


def impatient(server: Server, kept: Kept, engine: str, max_retries: int = 2) -> Asker:
    """An asker whose calls have less than the second that is the least of the options."""
    asker = Asker(server, kept, engine, max_retries=max_retries)
    asker.lm.engine._lm.timeout = PATIENCE  # type: ignore[attr-defined]
    return asker


def then(reply: Reply) -> Callable[[Call], Reply]:
    """A script that answers some prompts before it misbehaves."""
    return lambda call: echoes(call) if call.number <= ANSWERED else reply


@EACH
@pytest.mark.parametrize("name", CASES)
def test_what_lasts_is_one_line_and_what_came_is_kept(name: str, engine: str, kept: Kept) -> None:
    case = CASES[name]
    with serving(then(case.reply)) as server:
        asker = impatient(server, kept, engine)
        said = asker.refused()
        url = server.chats if engine == CHATS else server.url
        assert said.startswith(f"served at {url}: {case.said.replace('{}', ', in 2 tries')}")
        assert len(server.calls) == ANSWERED + (2 if case.again else 1)
        assert asker.waits == ([7.0] if name == "429" else [1.0] if case.again else [])
        assert count(kept) == ANSWERED
        assert CANARY in server.calls[-1].headers["Authorization"]
        assert CANARY[:12] not in said

        server.script, server.calls = echoes, []
        assert Asker(server, kept, engine).ask() == ECHOED
        assert len(server.calls) == len(PROMPTS) - ANSWERED


@EACH
@pytest.mark.parametrize("name", PASSING)
def test_what_passes_costs_a_wait(name: str, engine: str, kept: Kept) -> None:
    reply = CASES[name].reply
    with serving(lambda call: reply if call.number == 2 else echoes(call)) as server:
        asker = impatient(server, kept, engine)
        assert asker.ask(PROMPTS[:3]) == ECHOED[:3]
        assert len(server.calls) == 4
    assert asker.waits == ([7.0] if name == "429" else [1.0])


@EACH
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, engine: str, kept: Kept) -> None:
    with serving(echoes) as elsewhere, serving(echoes) as server:
        place = f"http://me:{CANARY}@localhost:{elsewhere.server_port}/v1"
        moved = Reply("", status, {"Location": f"{place}?key={CANARY}"})
        server.script = then(moved)
        said = Asker(server, kept, engine).refused()
        assert elsewhere.calls == []
        assert len(server.calls) == ANSWERED + 1
        port = elsewhere.server_port
    assert f"HTTP {status}, which sends elsewhere (http://localhost:{port}/v1): not fol" in said
    assert "; if that is the server you mean, put its address into base_url" in said
    assert CANARY[:12] not in said
    assert count(kept) == ANSWERED


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if not shutil.which("openssl"):
        pytest.skip("openssl, which makes the certificate, is not installed")
    return self_signed(tmp_path_factory.mktemp("certificate"))


@EACH
def test_a_certificate_that_nobody_signed_is_refused_at_once(
    engine: str, kept: Kept, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(echoes, certificate) as server:
        path = server.chats if engine == CHATS else server.url
        url = path.replace("http://127.0.0.1", "https://localhost")
        asker = Asker(server, kept, engine, base_url=url)
        said = asker.refused()
        assert said.startswith(f"served at {url}: its certificate is not trusted (self-signed cert")
        assert said.endswith(
            "set REQUESTS_CA_BUNDLE in the environment to a file of the certificates to trust"
        )
        assert (server.calls, asker.waits) == ([], [])
        # What mends it does.
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert Asker(server, kept, engine, base_url=url).ask() == ECHOED


def test_tls_is_not_spoken_by_every_server(kept: Kept) -> None:
    with serving(echoes) as server:
        url = server.url.replace("http://", "https://")
        said = Asker(server, kept, base_url=url).refused()
    assert "no connection by TLS; see base_url of its options: it begins with http://" in said


@pytest.mark.parametrize("encoded", ["percent", "html", "base64"])
def test_a_key_that_comes_back_encoded_is_not_shown(encoded: str, kept: Kept) -> None:
    from base64 import b64encode

    forms = {
        "percent": "".join(f"%{ord(one):02x}" for one in CANARY),
        "html": "".join(f"&#{ord(one)};" for one in CANARY),
        "base64": b64encode(f"Bearer {CANARY} and more".encode()).decode(),
    }
    with serving(lambda _: Reply(f"no such key: {forms[encoded]}!", 401)) as server:
        said = Asker(server, kept).refused()
    assert "no such key: " in said
    assert "[OPENAI_API_KEY]" in said
    assert forms[encoded][10:30] not in said


def test_a_call_that_its_options_make_impossible_is_one_line(kept: Kept) -> None:
    with serving(echoes) as server, pytest.raises(ModelError, match="the call failed"):
        Asker(server, kept, base_url="http://" + "a" * 70 + ".test:1/v1").ask()
