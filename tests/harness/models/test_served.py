"""A served model answers as the model itself does; what its server does wrong costs one answer, or
one line, and nothing that came."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from lm_eval.api.instance import Instance
from lm_eval.models import api_models

from harness.errors import ModelError
from harness.kept import Answer, Kept, Use
from harness.models.engines import Engine, LocalEngine
from harness.models.keeping import KeepingLM
from harness.models.policyqa_hf import PolicyQALM
from harness.models.served import ServedEngine
from harness.variants import Model
from tests.serving import Call, Reply, Script, Server, model_script, says, serving

ENGINES = ["local-completions", "local-chat-completions"]
SETTINGS = {"until": ["\n\n"], "max_gen_toks": 16, "do_sample": False}
PROMPTS = [f"Question {n:02d}" for n in range(12)]
USE = Use("suite", "data", "served")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[Kept]:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "models").symlink_to((home / "models").resolve())
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path / "home"))
    store = Kept()
    yield store
    store.close()


class Asker:
    """A KeepingLM of a server, with what its user hears and how long it waits."""

    def __init__(
        self,
        server: Server,
        kept: Kept,
        engine: str = ENGINES[0],
        ask_again: bool = False,
        draw: int = 1,
        **options: Any,
    ) -> None:
        self.waits: list[float] = []
        self.heard: list[str] = []
        url = server.chats if engine == ENGINES[1] else server.url
        self.model = Model("served", "small", engine=engine, options={"base_url": url, **options})
        self.lm = KeepingLM(
            self.model.identity | {"draw": draw},
            ServedEngine(self.model, self.waits.append),
            kept,
            USE,
            say=self.heard.append,
            ask_again=ask_again,
        )

    def ask(self, prompts: list[str], **settings: Any) -> list[str]:
        chat = self.model.engine == ENGINES[1]
        return self.lm.generate_until(
            [
                Instance(
                    "generate_until",
                    {"id": prompt},
                    (self.rendered(prompt) if chat else prompt, SETTINGS | settings),
                    place,
                )
                for place, prompt in enumerate(prompts)
            ]
        )

    def rendered(self, prompt: str) -> Any:
        return self.lm.apply_chat_template([{"role": "user", "content": prompt}])

    def refused(self, prompts: list[str]) -> str:
        """What is raised: an error of ours, in one line."""
        with pytest.raises(ModelError) as raised:
            self.ask(prompts)
        said = str(raised.value)
        assert "\n" not in said
        assert raised.value.__context__ is None  # Nothing of a library is printed with it.
        return said


def count(kept: Kept) -> int:
    return sum(row["answers"] for row in kept.info())


def echoes(call: Call) -> Reply:
    return says(f"It is {call.asked}.")


# The model itself


@pytest.fixture(scope="module")
def small(smollm2: Path) -> PolicyQALM:
    return PolicyQALM(pretrained=str(smollm2), dtype="float32", device="cpu", batch_size=1)


def local(small: PolicyQALM, smollm2: Path, kept: Kept) -> KeepingLM:
    model = Model("local", str(smollm2), precision="fp32")
    engine: Engine = LocalEngine(model, lambda: small, 1)
    return KeepingLM(model.identity, engine, kept, USE)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_served_model_answers_as_the_model_itself_does(
    engine: str, small: PolicyQALM, smollm2: Path, kept: Kept
) -> None:
    here = local(small, smollm2, kept)
    turns = [
        [
            {"role": "system", "content": "You answer in one word."},
            {"role": "user", "content": text},
        ]
        for text in ("Say yes.", "Tell me a long story about bees.", "Who may keep bees?")
    ]
    plain = ["Question: Who?\nAnswer:", "Once upon a time, there", "1, 2, 3, 4,"]

    def of(lm: KeepingLM) -> list[Answer]:
        chat = engine == ENGINES[1]
        asked = [lm.apply_chat_template(one) for one in turns] if chat else plain
        settings = SETTINGS | {"until": ["\n", "."]}
        lm.generate_until(
            [Instance("generate_until", {"id": n}, (asked[n], settings), n) for n in range(3)]
        )
        return [lm.given[n] for n in range(3)]

    with serving(model_script(small)) as server:
        served = of(Asker(server, kept, engine).lm)
    own = of(here)
    assert [one.text for one in served] == [one.text for one in own]
    assert all(one.text for one in own)
    assert [one.cut for one in served] == [one.cut for one in own]
    assert {one.cut for one in own} == {True, False}
    assert [one.prompt_tokens for one in served] == [one.prompt_tokens for one in own]
    cut = [one for one in served if one.cut]
    assert [one.answer_tokens for one in cut] == [16] * len(cut)
    assert {one.served_by for one in served} == {"smollm2-here"}


# What servers do wrong


REFUSALS = {
    401: "set its key: OPENAI_API_KEY",
    403: "set a key that may use it",
    404: "see base of its row",
    405: "see base_url",
    402: "see what it says, and its row",
}


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_is_tried_once_and_nobody_is_asked_after_it(
    status: int, at_once: int, kept: Kept
) -> None:
    with serving(lambda _: Reply('{"error": "not you"}', status)) as server:
        asker = Asker(server, kept, num_concurrent=at_once)
        said = asker.refused(PROMPTS)
        assert said.startswith(f'served at {server.url}: HTTP {status} ({{"error": "not you"}}); ')
        assert REFUSALS[status] in said
        assert len(server.calls) == 1 if at_once == 1 else len(server.calls) <= 4
    assert asker.waits == []
    assert count(kept) == 0


PASSING = {
    "500": (Reply("<h1>\x1b[31moops</h1>", 500), "HTTP 500 (<h1> [31moops</h1>)"),
    "503": (Reply("", 503), "HTTP 503,"),
    "429": (Reply("slow down", 429), "HTTP 429 (slow down)"),
    "not JSON": (Reply("<html>"), "an answer that is not JSON"),
    "empty": (Reply(""), "an answer that is not JSON"),
    "an error": (
        Reply('{"error": {"message": "busy"}}'),
        'in another form than OpenAI\'s ({"message": "busy"})',
    ),
    "no choices": (says("x", choices=[]), "in another form than OpenAI's"),
    "a list": (Reply("[1]"), "in another form than OpenAI's ([1])"),
    "no message": (says("x", choices=[{"index": 0}]), "in another form than OpenAI's"),
    "parts": (
        says("x", choices=[{"text": ["x"], "message": {"content": ["x"]}}]),
        "in another form than OpenAI's",
    ),
    "dropped": (Reply(drops=True), "no connection"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_tried_again(fault: str, engine: str, kept: Kept) -> None:
    failed: set[str] = set()

    def once(call: Call) -> Reply:
        first = call.asked not in failed
        failed.add(call.asked)
        return PASSING[fault][0] if first else echoes(call)

    with serving(once) as server:
        asker = Asker(server, kept, engine, num_concurrent=4)
        assert asker.ask(PROMPTS) == [f"It is {prompt}." for prompt in PROMPTS]
        assert len(server.calls) == 24
    assert asker.waits == [1.0] * 12
    assert asker.lm.unanswered == {}


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("fault", PASSING)
def test_what_does_not_pass_ends_the_run_in_one_line(fault: str, at_once: int, kept: Kept) -> None:
    reply, what = PASSING[fault]
    with serving(lambda _: reply) as server:
        asker = Asker(server, kept, num_concurrent=at_once)
        said = asker.refused(PROMPTS)
        assert said.startswith(f"served at {server.url}: ")
        assert what in said
        assert "in 6 tries; " in said
        assert len(server.calls) == 6 if at_once == 1 else len(server.calls) <= 24
    assert asker.waits[:5] == [1.0, 2.0, 4.0, 8.0, 16.0] or at_once > 1
    assert count(kept) == 0


def test_a_server_that_is_not_there(kept: Kept) -> None:
    with serving(echoes) as server:
        asker = Asker(server, kept, max_retries=3)
    said = asker.refused(PROMPTS)
    assert "no connection, in 3 tries; see that it runs, then run this again" in said
    assert asker.waits == [1.0, 2.0]


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_server_that_hangs(at_once: int, kept: Kept) -> None:
    with serving(lambda _: Reply(hangs=True)) as server:
        asker = Asker(server, kept, num_concurrent=at_once, timeout=1, max_retries=1)
        said = asker.refused(PROMPTS)
        assert "no answer in time; set a longer timeout" in said
        assert 1 <= len(server.calls) <= at_once


def date_in(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("7", 7, 7),
        ("0.5", 0.5, 0.5),
        ("3600", 120, 120),
        ("DATE 100", 1, 100),
        ("DATE -100", 0, 0),
        ("soon", 1, 1),
        ("nan", 0, 0),
    ],
)
def test_a_server_is_left_alone_as_long_as_it_asks(
    asked: str, least: float, most: float, at_once: int, kept: Kept
) -> None:
    value = date_in(int(asked.split()[1])) if asked.startswith("DATE") else asked

    def busy(call: Call) -> Reply:
        return Reply("", 429, {"Retry-After": value}) if call.number == 1 else echoes(call)

    with serving(busy) as server:
        asker = Asker(server, kept, num_concurrent=at_once)
        assert asker.ask(PROMPTS[:4]) == [f"It is {prompt}." for prompt in PROMPTS[:4]]
    (waited,) = asker.waits
    assert least <= waited <= most


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("engine", ENGINES)
def test_death_half_way_costs_nothing_that_came(engine: str, at_once: int, kept: Kept) -> None:
    def dies(call: Call) -> Reply:
        return echoes(call) if call.number <= 5 else Reply(drops=True)

    with serving(dies) as server:
        Asker(server, kept, engine, num_concurrent=at_once).refused(PROMPTS)
        answered = server.asked[:5]
        assert count(kept) == 5

        server.script = echoes
        server.calls.clear()
        again = Asker(server, kept, engine, num_concurrent=at_once)
        assert again.ask(PROMPTS) == [f"It is {prompt}." for prompt in PROMPTS]
        assert sorted([*answered, *server.asked]) == PROMPTS

        server.calls.clear()
        last = Asker(server, kept, engine, num_concurrent=9 if at_once == 1 else 1)
        assert last.ask(PROMPTS) == [f"It is {prompt}." for prompt in PROMPTS]
        assert server.calls == []
    assert last.lm.given == again.lm.given


UNANSWERED = {
    "400": (Reply('{"message": "too many tokens"}', 400), 'HTTP 400 ({"message": "too many token'),
    "413": (Reply("", 413), "HTTP 413; if it is too long, show less context"),
    "null": (says(None, finish_reason="length"), "no text (finish_reason length); a model that"),
}


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("fault", UNANSWERED)
def test_a_prompt_that_gets_no_answer_is_named_and_the_others_are_answered(
    fault: str, engine: str, at_once: int, kept: Kept
) -> None:
    reply, what = UNANSWERED[fault]
    odd = PROMPTS[3]

    def picky(call: Call) -> Reply:
        return reply if call.asked == odd else echoes(call)

    with serving(picky) as server:
        asker = Asker(server, kept, engine, num_concurrent=at_once)
        answers = asker.ask(PROMPTS)
        assert answers == [f"It is {one}." if one != odd else "" for one in PROMPTS]
        assert list(asker.lm.unanswered) == [odd]
        (line,) = asker.heard
        assert line.startswith(f"{odd} has no answer: http://127.0.0.1")
        assert what in line
        assert len(server.calls) == 12
        assert asker.waits == []
        server.calls.clear()
        server.script = echoes
        assert Asker(server, kept, engine).ask(PROMPTS)[3] == f"It is {odd}."
        assert server.asked == [odd]


ANSWERS = {
    "stops are ignored": (
        says("one\n\ntwo", finish_reason="length"),
        {"text": "one", "cut": False},
    ),
    "cut": (says("one", finish_reason="length"), {"text": "one", "cut": True}),
    "nobody says why": (says("one", finish_reason=None), {"text": "one", "cut": None}),
    "half a character": (says("a\ud800b", model="m\udc00"), {"text": "a?b", "served_by": "m?"}),
    "empty": (says(""), {"text": ""}),
    "no usage": (
        says("one", usage=None),
        {"prompt_tokens": None, "answer_tokens": None, "served_by": "small-2026"},
    ),
    "odd usage": (says("one", usage={"prompt_tokens": "many"}), {"prompt_tokens": None}),
    "no model": (says("one", model=None), {"served_by": None, "prompt_tokens": 11}),
    "no index": (
        says("x", choices=[{"text": "one", "message": {"content": "one"}}]),
        {"text": "one", "cut": None},
    ),
}


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("given", ANSWERS)
def test_an_odd_answer_is_taken_for_what_it_says(
    given: str, engine: str, at_once: int, kept: Kept
) -> None:
    reply, expected = ANSWERS[given]
    with serving(lambda _: reply) as server:
        asker = Asker(server, kept, engine, num_concurrent=at_once)
        asker.ask(PROMPTS[:2])
        again = Asker(server, kept, engine)
        again.ask(PROMPTS[:2])
        assert len(server.calls) == 2
    answer = asker.lm.given[PROMPTS[0]]
    assert {name: getattr(answer, name) for name in expected} == expected
    assert answer.day == datetime.now(UTC).date().isoformat()
    assert again.lm.given == asker.lm.given


# What is sent


def test_a_call_has_what_was_asked_and_the_key(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-mine")
    with serving(echoes) as server:
        Asker(server, kept, ENGINES[0], seed=5).ask(["Who?"], until=list("abcdef"))
        Asker(server, kept, ENGINES[1]).ask(["Who?"], until=list("abcdef"))
    plain, chat = server.calls
    assert plain.headers["Authorization"] == "Bearer a-key-of-mine"
    common = {"model": "small", "max_tokens": 16, "temperature": 0}
    stops = list("abcdef")
    assert plain.body == common | {"prompt": "Who?", "stop": stops, "seed": 5}
    turns = [{"role": "user", "content": "Who?"}]
    # OpenAI takes four; the others are cut here.
    assert chat.body == common | {"messages": turns, "stop": stops[:4], "seed": 1234}


def test_a_drawn_answer_has_a_seed_of_its_prompt_and_draw_that_is_always_the_same(
    kept: Kept,
) -> None:
    def seeds(server: Server, store: Kept, draw: int) -> dict[str, int]:
        server.calls.clear()
        Asker(server, store, draw=draw).ask(PROMPTS, do_sample=True, temperature=0.7)
        assert {call.body["temperature"] for call in server.calls} == {0.7}
        return {call.asked: call.body["seed"] for call in server.calls}

    empty = Kept(kept.path.with_name("other.sqlite"))
    with serving(echoes) as server:
        first, second = seeds(server, kept, 1), seeds(server, kept, 2)
        assert len({*first.values(), *second.values()}) == 24
        assert all(0 <= seed < 2**31 for seed in first.values())
        assert seeds(server, empty, 1) == first
    empty.close()


def test_how_many_are_sent_at_once_asks_nothing_again(kept: Kept) -> None:
    with serving(echoes) as server:
        Asker(server, kept, num_concurrent=1).ask(PROMPTS)
        Asker(server, kept, num_concurrent=7, timeout=9, max_retries=2).ask(PROMPTS)
        assert len(server.calls) == 12


def test_several_are_in_flight_at_once(kept: Kept) -> None:
    together = Barrier(4, timeout=30)  # Four calls that wait for each other.

    def meets(call: Call) -> Reply:
        if call.number <= 4:
            together.wait()
        return echoes(call)

    with serving(meets) as server:
        assert Asker(server, kept, num_concurrent=4).ask(PROMPTS)[0] == "It is Question 00."


def test_two_that_share_a_store_share_the_work(kept: Kept) -> None:
    together = Barrier(2, timeout=30)

    def meets(call: Call) -> Reply:
        if call.number <= 2:
            together.wait()
        return echoes(call)

    with serving(meets) as server:
        stores = [Kept(kept.path), Kept(kept.path)]
        askers = [Asker(server, store) for store in stores]
        threads = [Thread(target=asker.ask, args=[PROMPTS]) for asker in askers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(server.asked) == PROMPTS
    assert askers[0].lm.given == askers[1].lm.given
    for store in stores:
        store.close()


# Asked again


@pytest.mark.parametrize("at_once", [1, 4])
def test_asked_again_everything_is_asked(at_once: int, kept: Kept) -> None:
    with serving(echoes) as server:
        Asker(server, kept).ask(PROMPTS)
        server.script = lambda call: says(f"Now {call.asked}.")
        again = Asker(server, kept, num_concurrent=at_once, ask_again=True)
        assert again.ask(PROMPTS) == [f"Now {prompt}." for prompt in PROMPTS]
        assert len(server.calls) == 24
        assert Asker(server, kept).ask(PROMPTS) == [f"Now {prompt}." for prompt in PROMPTS]
        assert len(server.calls) == 24


@pytest.mark.parametrize("at_once", [1, 4])
def test_asked_again_with_a_key_that_no_longer_counts_nothing_is_lost(
    at_once: int, kept: Kept
) -> None:
    # What was kept was forgotten before the first call: a wrong key cost every answer.
    with serving(echoes) as server:
        Asker(server, kept).ask(PROMPTS)
        server.script = lambda _: Reply("", 401)
        Asker(server, kept, num_concurrent=at_once, ask_again=True).refused(PROMPTS)
        server.calls.clear()
        assert len(Asker(server, kept).ask(PROMPTS)) == 12
        assert server.calls == []


# Secrets


CANARY = "sk-canary-5f0c77d2a9b14e36"
ECHOES = {
    "401": lambda told: Reply(f'{{"error": "Incorrect key: {told}"}}', 401),
    "500": lambda told: Reply(told, 500),
    "400": lambda told: Reply(told, 400),
    "at the edge": lambda told: Reply("x" * 180 + told, 500),
    "error": lambda told: Reply(json.dumps({"error": {"message": told}})),
    "finish_reason": lambda told: says(None, finish_reason=told),
    "answer": lambda told: says(told, model=told),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("echo", ECHOES)
def test_a_key_that_the_server_repeats_is_nowhere(
    echo: str,
    engine: str,
    kept: Kept,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    for name in ("", "lm_eval", "lm_eval.models.api_models", "asyncio", "urllib3", "requests"):
        caplog.set_level("DEBUG", logger=name or None)
    script: Script = lambda call: ECHOES[echo](call.headers["Authorization"])  # noqa: E731
    with serving(script) as server:
        asker = Asker(server, kept, engine, num_concurrent=4)
        try:
            asker.ask(PROMPTS)
            said = ""
        except ModelError as error:
            said = f"{error} {error!r} {error.__context__!r} {error.__cause__!r}"
        assert CANARY in server.calls[0].headers["Authorization"]
    printed = capfd.readouterr()
    records = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert said or asker.heard or echo == "answer"
    for text in (said, *asker.heard, *asker.lm.unanswered.values(), *records, *printed):
        assert CANARY[:12] not in text
    assert "[OPENAI_API" in said + "".join(asker.heard) or echo == "answer"
    assert not [path for path in tmp_path.rglob("*") if holds(path, CANARY)]


def holds(path: Path, text: str) -> bool:
    return path.is_file() and text.encode() in path.read_bytes()


# Options


@pytest.mark.parametrize(
    ("engine", "options", "said"),
    [
        (ENGINES[0], {}, "base_url of its options is None; it must be the full address"),
        (ENGINES[0], {"base_url": "localhost:80/v1"}, "base_url of its options is 'localhost"),
        (ENGINES[0], {"base_url": "http://[::1"}, "cannot be used: Invalid IPv6"),
        (ENGINES[0], {"baseurl": "http://a"}, "takes no option baseurl here; it takes .*base_url"),
        (ENGINES[0], {"tokenized_requests": True}, "takes no option tokenized_requests here"),
        (ENGINES[0], {"base_url": "http://a", "timeout": 0.5}, "timeout of its options is 0.5"),
        (ENGINES[0], {"base_url": "http://a", "num_concurrent": 0}, "must be a whole number from"),
        (ENGINES[0], {"base_url": "http://a", "max_retries": "x"}, "max_retries of its .* is 'x'"),
        (ENGINES[1], {"base_url": "http://a", "tokenizer": "t"}, "tokenizer has no effect"),
        ("openai-chat-completions", {}, "Please set the `OPENAI_API_KEY` environment variable"),
        ("anthropic-chat", {}, "reads no answers in OpenAI's form"),
    ],
)
def test_options_that_cannot_be_meant_are_refused_without_a_call(
    engine: str, options: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match=said):
        ServedEngine(Model("served", "small", engine=engine, options=options))


@pytest.mark.parametrize("key", [f"{CANARY}\n", f"{CANARY}é", f"{CANARY}\r\nx"])
def test_a_key_that_no_header_takes_is_refused_and_not_shown(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    options = {"base_url": "http://127.0.0.1:9/v1/completions"}
    with pytest.raises(ModelError, match="set it anew: OPENAI_API_KEY") as raised:
        ServedEngine(Model("served", "small", engine=ENGINES[0], options=options))
    assert CANARY not in str(raised.value)


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_models, "find_spec", lambda name: None if name == "tenacity" else name)
    options = {"base_url": "http://127.0.0.1:9/v1/completions"}
    with pytest.raises(ModelError, match=r"packages \['tenacity'\] are not installed.*pip install"):
        ServedEngine(Model("served", "small", engine=ENGINES[0], options=options))


def test_a_server_of_completions_renders_no_chats(kept: Kept, tiny_llama: Path) -> None:
    with serving(echoes) as server:
        chat = [{"role": "user", "content": "Who?"}]
        with pytest.raises(ModelError, match="tokenizer: OWNER/NAME"):
            Asker(server, kept).lm.apply_chat_template(chat)
        asker = Asker(server, kept, tokenizer=str(tiny_llama))
        asked = asker.lm.apply_chat_template(chat)
        assert asked.endswith("<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n")
        asker.ask([asked])
    assert server.asked == [asked]
