"""A served model answers as the model itself does; what its server does wrong costs one answer, or
one line, and nothing that came."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from lm_eval.models import api_models

from harness.errors import ModelError
from harness.kept import Answer, Kept
from harness.models.engines import LocalEngine
from harness.models.keeping import KeepingLM
from harness.models.policyqa_hf import PolicyQALM
from harness.models.served import ServedEngine
from harness.variants import Model
from tests.asking import asked
from tests.served import CHATS, COMPLETIONS, ECHOED, ENGINES, PROMPTS, USE, Asker, count, echoes
from tests.serving import Call, Reply, Script, Server, model_script, says, serving

EACH = pytest.mark.parametrize("engine", ENGINES)
AT_ONCE = pytest.mark.parametrize("at_once", [1, 4])


# The model itself


@pytest.fixture(scope="module")
def small(smollm2: Path) -> PolicyQALM:
    return PolicyQALM(pretrained=str(smollm2), dtype="float32", device="cpu", batch_size=1)


@pytest.mark.slow
@EACH
def test_a_served_model_answers_as_the_model_itself_does(
    engine: str, small: PolicyQALM, smollm2: Path, kept: Kept
) -> None:
    model = Model("local", str(smollm2), precision="fp32")
    here = KeepingLM(model.identity, LocalEngine(model, lambda: small, 1), kept, USE)
    prompts = ["Question: Who?\nAnswer:", "Once upon a time, there", "1, 2, 3, 4,"]
    system = {"role": "system", "content": "You answer in one word."}
    chats = [
        [system, {"role": "user", "content": text}]
        for text in ("Say yes.", "Tell me a long story about bees.", "Who may keep bees?")
    ]

    def of(lm: KeepingLM) -> list[Answer]:
        shown = [lm.apply_chat_template(one) for one in chats] if engine == CHATS else prompts
        requests = asked(shown, until=["\n", "."], max_gen_toks=16)
        for place, request in enumerate(requests):
            request.doc["id"] = place
        lm.generate_until(requests)
        return list(lm.given.values())

    with serving(model_script(small)) as server:
        served = of(Asker(server, kept, engine).lm)
    own = of(here)
    assert all(one.text for one in own)
    assert {one.cut for one in own} == {True, False}
    for name in ("text", "cut", "prompt_tokens"):
        assert [getattr(one, name) for one in served] == [getattr(one, name) for one in own]
    assert {one.answer_tokens for one in served if one.cut} == {16}
    assert {one.served_by for one in served} == {"smollm2-here"}


# What servers do wrong


PARTS = {"text": ["x"], "message": {"content": ["x"]}}
PASSING = {
    "500": (Reply("<h1>\x1b[31moops</h1>", 500), "HTTP 500 (<h1> [31moops</h1>)"),
    "503": (Reply("", 503), "HTTP 503,"),
    "429": (Reply("slow down", 429), "HTTP 429 (slow down)"),
    "not JSON": (Reply("<html>"), "an answer that is not JSON"),
    "empty": (Reply(""), "an answer that is not JSON"),
    "an error": (Reply('{"error": {"message": "busy"}}'), 'than OpenAI\'s ({"message": "busy"})'),
    "no choices": (says("x", choices=[]), "in another form than OpenAI's"),
    "a list": (Reply("[1]"), "in another form than OpenAI's ([1])"),
    "no message": (says("x", choices=[{"index": 0}]), "in another form than OpenAI's"),
    "parts": (says("x", choices=[PARTS]), "in another form than OpenAI's"),
    "dropped": (Reply(drops=True), "no connection"),
}


@EACH
@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_tried_again(fault: str, engine: str, kept: Kept) -> None:
    failed: set[str] = set()

    def once(call: Call) -> Reply:
        first = call.asked not in failed
        failed.add(call.asked)
        return PASSING[fault][0] if first else echoes(call)

    with serving(once) as server:
        asker = Asker(server, kept, engine, num_concurrent=4)
        assert asker.ask() == ECHOED
        assert len(server.calls) == 24
    assert asker.waits == [1.0] * 12
    assert asker.lm.unanswered == {}


NOT_YOU = '{"error": "not you"}'
REFUSALS = {
    str(status): (Reply(NOT_YOU, status), f"HTTP {status} ({NOT_YOU}); {remedy}")
    for status, remedy in (
        (401, "set its key: OPENAI_API_KEY"),
        (402, "see what it says, and its row"),
        (403, "set a key that may use it"),
        (404, "see base of its row"),
        (405, "see base_url"),
    )
}


@AT_ONCE
@pytest.mark.parametrize("fault", [*PASSING, *REFUSALS])
def test_what_does_not_pass_ends_the_run_in_one_line_and_a_refusal_at_once(
    fault: str, at_once: int, kept: Kept
) -> None:
    reply, what = {**PASSING, **REFUSALS}[fault]
    tries = 6 if fault in PASSING else 1
    with serving(lambda _: reply) as server:
        asker = Asker(server, kept, num_concurrent=at_once)
        said = asker.refused()
        assert said.startswith(f"served at {server.url}: ")
        assert what in said
        assert ("in 6 tries; " in said) is (tries == 6)
        # Nobody is asked after it.
        assert len(server.calls) == tries if at_once == 1 else len(server.calls) <= 4 * tries
    assert asker.waits[: tries - 1] == [1.0, 2.0, 4.0, 8.0, 16.0][: tries - 1] or at_once > 1
    assert asker.waits == [] or tries > 1
    assert count(kept) == 0


@AT_ONCE
def test_a_server_that_hangs_and_then_is_not_there(at_once: int, kept: Kept) -> None:
    with serving(lambda _: Reply(hangs=True)) as server:
        asker = Asker(server, kept, num_concurrent=at_once, timeout=1, max_retries=1)
        assert "no answer in time; set a longer timeout" in asker.refused()
        assert 1 <= len(server.calls) <= at_once
    asker = Asker(server, kept, max_retries=3)
    assert "no connection, in 3 tries; see that it runs, then run this again" in asker.refused()
    assert asker.waits == [1.0, 2.0]


def test_a_server_is_left_alone_as_long_as_it_asks(kept: Kept) -> None:
    date, gone = (
        format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        for seconds in (100, -100)
    )
    bounds = [(7, 7), (0.5, 0.5), (120, 120), (1, 100), (0, 0), (1, 1), (0, 0)]
    delays = ["7", "0.5", "3600", date, gone, "soon", "nan"]

    def busy(call: Call) -> Reply:
        delay = delays[call.number // 2] if call.number % 2 else None
        return Reply("", 429, {"Retry-After": delay}) if delay else echoes(call)

    with serving(busy) as server:
        asker = Asker(server, kept)
        assert asker.ask(PROMPTS[: len(delays)]) == ECHOED[: len(delays)]
    both = zip(asker.waits, bounds, strict=True)
    assert all(least <= waited <= most for waited, (least, most) in both)


@AT_ONCE
@EACH
def test_death_half_way_costs_nothing_that_came(engine: str, at_once: int, kept: Kept) -> None:
    with serving(lambda call: echoes(call) if call.number <= 5 else Reply(drops=True)) as server:
        Asker(server, kept, engine, num_concurrent=at_once).refused()
        answered = server.asked[:5]
        assert count(kept) == 5

        server.script = echoes
        server.calls.clear()
        again = Asker(server, kept, engine, num_concurrent=at_once)
        assert again.ask() == ECHOED
        assert sorted([*answered, *server.asked]) == PROMPTS

        # How many are sent at once, and how patiently, asks nothing again.
        server.calls.clear()
        other = {"num_concurrent": 9 if at_once == 1 else 1, "timeout": 9, "max_retries": 2}
        last = Asker(server, kept, engine, **other)
        assert last.ask() == ECHOED
        assert server.calls == []
    assert last.lm.given == again.lm.given


UNANSWERED = {
    "400": (Reply('{"message": "too many tokens"}', 400), 'HTTP 400 ({"message": "too many token'),
    "413": (Reply("", 413), "HTTP 413; if it is too long, show less context"),
    "null": (says(None, finish_reason="length"), "no text (finish_reason length); a model that"),
}


@AT_ONCE
@EACH
@pytest.mark.parametrize("fault", UNANSWERED)
def test_a_prompt_that_gets_no_answer_is_named_and_the_others_are_answered(
    fault: str, engine: str, at_once: int, kept: Kept
) -> None:
    reply, what = UNANSWERED[fault]
    odd = PROMPTS[3]
    with serving(lambda call: reply if call.asked == odd else echoes(call)) as server:
        asker = Asker(server, kept, engine, num_concurrent=at_once)
        assert asker.ask() == [*ECHOED[:3], "", *ECHOED[4:]]
        assert list(asker.lm.unanswered) == [odd]
        (line,) = asker.heard
        assert line.startswith(f"{odd} has no answer: http://127.0.0.1")
        assert what in line
        assert len(server.calls) == 12
        assert asker.waits == []
        server.calls.clear()
        server.script = echoes
        assert Asker(server, kept, engine).ask() == ECHOED
        assert server.asked == [odd]


ONE = {"text": "one", "message": {"content": "one"}}
ANSWERS = [
    (says("one\n\ntwo", finish_reason="length"), {"text": "one", "cut": False}),
    (says("one", finish_reason="length"), {"text": "one", "cut": True}),
    (says("one", finish_reason=None), {"text": "one", "cut": None}),
    (says("a\ud800b", model="m\udc00"), {"text": "a?b", "served_by": "m?"}),
    (says(""), {"text": ""}),
    (says("x", usage=None), {"prompt_tokens": None, "answer_tokens": None}),
    (says("x", usage={"prompt_tokens": "many"}), {"prompt_tokens": None}),
    (says("x", model=None), {"served_by": None, "prompt_tokens": 11, "answer_tokens": 5}),
    (says("x", choices=[ONE]), {"text": "one", "cut": None, "served_by": "small-2026"}),
]


@EACH
def test_an_odd_answer_is_taken_for_what_it_says(engine: str, kept: Kept) -> None:
    prompts = PROMPTS[: len(ANSWERS)]
    with serving(lambda call: ANSWERS[prompts.index(call.asked)][0]) as server:
        asker = Asker(server, kept, engine, num_concurrent=4)
        asker.ask(prompts)
        again = Asker(server, kept, engine)
        again.ask(prompts)
        assert sorted(server.asked) == prompts
    assert again.lm.given == asker.lm.given
    for prompt, (_, expected) in zip(prompts, ANSWERS, strict=True):
        answer = asker.lm.given[prompt]
        assert {name: getattr(answer, name) for name in expected} == expected
        assert answer.day == datetime.now(UTC).date().isoformat()


# What is sent


def test_a_call_has_what_was_asked_and_the_key(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-mine")
    stops = list("abcdef")
    with serving(echoes) as server:
        Asker(server, kept, COMPLETIONS, seed=5).ask(["Who?"], until=stops)
        Asker(server, kept, CHATS).ask(["Who?"], until=stops)
    plain, chat = server.calls
    assert plain.headers["Authorization"] == "Bearer a-key-of-mine"
    common = {"model": "small", "max_tokens": 12, "temperature": 0}
    assert plain.body == common | {"prompt": "Who?", "stop": stops, "seed": 5}
    turns = [{"role": "user", "content": "Who?"}]
    # OpenAI takes four; the others are cut here.
    assert chat.body == common | {"messages": turns, "stop": stops[:4], "seed": 1234}


def test_a_drawn_answer_has_a_seed_of_its_prompt_and_draw_that_is_always_the_same(
    kept: Kept,
) -> None:
    def seeds(server: Server, store: Kept, draw: int) -> dict[str, int]:
        server.calls.clear()
        Asker(server, store, draw=draw).ask(do_sample=True, temperature=0.7)
        assert {call.body["temperature"] for call in server.calls} == {0.7}
        return {call.asked: call.body["seed"] for call in server.calls}

    empty = Kept(kept.path.with_name("other.sqlite"))
    with serving(echoes) as server:
        first, second = seeds(server, kept, 1), seeds(server, kept, 2)
        assert len({*first.values(), *second.values()}) == 24
        assert all(0 <= seed < 2**31 for seed in first.values())
        assert seeds(server, empty, 1) == first
    empty.close()


def meeting(number: int) -> Script:
    """Echoes, once so many calls have come that wait for each other."""
    together = Barrier(number, timeout=30)

    def meets(call: Call) -> Reply:
        if call.number <= number:
            together.wait()
        return echoes(call)

    return meets


def test_several_are_in_flight_at_once_and_two_that_share_a_store_share_the_work(
    kept: Kept,
) -> None:
    with serving(meeting(4)) as server:
        assert Asker(server, kept, num_concurrent=4).ask() == ECHOED
    with serving(meeting(2)) as server, ThreadPoolExecutor(2) as pool:
        stores = [Kept(kept.path.with_name("shared.sqlite")) for _ in range(2)]
        askers = [Asker(server, store) for store in stores]
        assert list(pool.map(Asker.ask, askers)) == [ECHOED, ECHOED]
        assert sorted(server.asked) == PROMPTS
    assert askers[0].lm.given == askers[1].lm.given
    for store in stores:
        store.close()


@AT_ONCE
def test_asked_again_everything_is_asked_and_a_wrong_key_loses_nothing(
    at_once: int, kept: Kept
) -> None:
    with serving(echoes) as server:
        Asker(server, kept).ask()
        # What was kept was forgotten before the first call: a wrong key cost every answer.
        server.script = lambda _: Reply("", 401)
        Asker(server, kept, num_concurrent=at_once, ask_again=True).refused()
        assert Asker(server, kept).ask() == ECHOED

        server.script = lambda call: says(f"Now {call.asked}.")
        server.calls.clear()
        again = Asker(server, kept, num_concurrent=at_once, ask_again=True)
        anew = [f"Now {prompt}." for prompt in PROMPTS]
        assert again.ask() == anew
        assert Asker(server, kept).ask() == anew
        assert sorted(server.asked) == PROMPTS


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


@EACH
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
    with serving(lambda call: ECHOES[echo](call.headers["Authorization"])) as server:
        asker = Asker(server, kept, engine, num_concurrent=4)
        try:
            asker.ask()
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
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept.path in files
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


# Options


HERE = {"base_url": "http://127.0.0.1:9/v1/completions"}


@pytest.mark.parametrize(
    ("engine", "options", "said"),
    [
        (COMPLETIONS, {}, "base_url of its options is None; it must be the full address"),
        (COMPLETIONS, {"base_url": "localhost:80/v1"}, "base_url of its options is 'localhost"),
        (COMPLETIONS, {"base_url": "http://[::1"}, "cannot be used: Invalid IPv6"),
        (COMPLETIONS, {"baseurl": "http://a"}, "takes no option baseurl here; it takes .*base_url"),
        (COMPLETIONS, {"tokenized_requests": True}, "takes no option tokenized_requests here"),
        (COMPLETIONS, HERE | {"timeout": 0.5}, "timeout of its options is 0.5"),
        (COMPLETIONS, HERE | {"num_concurrent": 0}, "must be a whole number from"),
        (COMPLETIONS, HERE | {"max_retries": "x"}, "max_retries of its .* is 'x'"),
        (CHATS, HERE | {"tokenizer": "t"}, "tokenizer has no effect"),
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
def test_a_key_that_no_header_takes_is_refused_and_not_shown_and_a_missing_package_named(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model("served", "small", engine=COMPLETIONS, options=HERE)
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ModelError, match="set it anew: OPENAI_API_KEY") as raised:
        ServedEngine(model)
    assert CANARY not in str(raised.value)
    monkeypatch.setattr(api_models, "find_spec", lambda name: None if name == "tenacity" else name)
    with pytest.raises(ModelError, match=r"packages \['tenacity'\] are not installed.*pip install"):
        ServedEngine(model)


def test_a_server_of_completions_renders_no_chats(kept: Kept, tiny_llama: Path) -> None:
    chat = [{"role": "user", "content": "Who?"}]
    with serving(echoes) as server:
        with pytest.raises(ModelError, match="tokenizer: OWNER/NAME"):
            Asker(server, kept).lm.apply_chat_template(chat)
        asker = Asker(server, kept, tokenizer=str(tiny_llama))
        rendered = asker.lm.apply_chat_template(chat)
        assert rendered.endswith("<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n")
        asker.ask([rendered])
    assert server.asked == [rendered]
