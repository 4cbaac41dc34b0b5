"""Rows of a suite's tables: what would put a secret into results is refused, and not shown."""

from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from policyqa.suite import Suite, load_suite

CANARY = "sk-canary-5f0c77d2a9b14e36"
URL = "http://localhost:8000/v1/completions"


def loaded(folder: Path, engine: str, options: dict[str, Any]) -> Suite:
    path = folder / "mine.yaml"
    row = {"base": "small", "engine": engine, "options": options}
    path.write_text(f"models: {{served: {row!r}}}\nvariants: [served/chat]\n")
    return load_suite(str(path))


def refused(folder: Path, engine: str, options: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as raised:
        loaded(folder, engine, options)
    return str(raised.value)


@pytest.mark.parametrize("engine", ["local-completions", "local-chat-completions", "hf"])
@pytest.mark.parametrize(
    "name", ["api_key", "auth_token", "header", "Authorization", "headers", "token", "password"]
)
def test_a_secret_among_the_options_is_refused(name: str, engine: str, tmp_path: Path) -> None:
    value = {"Authorization": f"Bearer {CANARY}"} if name.startswith("header") else CANARY
    said = refused(tmp_path, engine, {"base_url": URL, name: value})
    assert f"{name} has no place in a suite, which is copied into results" in said
    assert "as OPENAI_API_KEY for a server" in said
    assert CANARY not in said
    assert "\n" not in said


@pytest.mark.parametrize("inner", [{"headers": {"a": CANARY}}, {"deep": [{"api_key": CANARY}]}])
def test_a_secret_deep_in_the_options_is_refused(inner: dict[str, Any], tmp_path: Path) -> None:
    said = refused(tmp_path, "local-completions", {"base_url": URL, "extra_body": inner})
    assert "has no place in a suite" in said
    assert CANARY not in said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-01-31", "datetime.date(2026, 1, 31) is no text"),
        ("{1: a}", "1 stands for a name"),
        ("[.nan]", "nan is no text, number"),
        ("-.inf", "-inf is no text, number"),
        ("!!binary aGk=", "b'hi' is no text"),
    ],
)
def test_options_that_cannot_be_sent_are_one_line(value: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    row = f"{{base: small, engine: local-completions, options: {{extra_body: {{x: {value}}}}}}}"
    path.write_text(f"models: {{served: {row}}}\nvariants: [served/chat]\n")
    with pytest.raises(ConfigError) as raised:
        load_suite(str(path))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_recipe_is_asked_in_the_chat_it_trains_in(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    row = "{base: smollm2-135m, recipe: sft-rag, options: {enable_thinking: false}}"
    path.write_text(f"models: {{tuned: {row}}}\nvariants: [tuned/chat]\n")
    with pytest.raises(ConfigError, match="enable_thinking asks in another form"):
        load_suite(str(path))


@pytest.mark.parametrize(
    "url",
    [
        f"http://me:{CANARY}@localhost/v1/completions",
        f"http://{CANARY}@localhost/v1/completions",
        f"{URL}?key={CANARY}",
        f"{URL}?version=2&subscription-key={CANARY}",
        f"{URL}?access_token={CANARY}",
        f"{URL}?SIG={CANARY}",
    ],
)
def test_a_key_in_the_address_is_refused(url: str, tmp_path: Path) -> None:
    said = refused(tmp_path, "local-completions", {"base_url": url})
    assert "a base_url with a key has no place in a suite" in said
    assert CANARY not in said


def test_options_that_are_no_secrets_are_taken(tmp_path: Path) -> None:
    options = {"base_url": f"{URL}?api-version=2", "think_end_token": "</think>", "seed": 3}
    assert loaded(tmp_path, "local-chat-completions", options).resolved[-1].model.options == options
