"""What is read is of its form and of a bounded size, or refused in one line with its place."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import reading
from harness.errors import DataError
from harness.reading import (
    json_object,
    read_json,
    read_json_lines,
    read_text,
    read_yaml,
    yaml_mapping,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


def refusal(text: str) -> str:
    """What is said of a text that is no YAML of ours: one line with its place."""
    with pytest.raises(DataError) as caught:
        yaml_mapping(text, "suite.yaml")
    said = str(caught.value)
    assert said.startswith("suite.yaml: ")
    assert "\n" not in said
    assert len(said) < 500
    return said


@settings(max_examples=40)
@given(st.dictionaries(st.text(min_size=1, max_size=8), VALUES))
def test_yaml_is_read_as_the_safe_loader_reads_it(value: dict[str, Any]) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    assert yaml_mapping(text, "file") == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"seed: {'9' * 5000}", "digits"),  # Each was a traceback.
        ("day: 2026-13-45", "month must be"),
        (f"a: {'[' * 5000}", "recursion"),
        ("a: [1, 2", "not YAML"),
        ("a: &x [*x]", "an alias stands in what it stands for"),
        ("a: 1\na: 2", "line 2: 'a' stands twice"),
        ("- a\n- b", "expected a mapping"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
    ],
)
def test_yaml_that_is_none_of_ours_is_refused_in_one_line(text: str, said: str) -> None:
    assert said in refusal(text)


def test_a_bomb_of_aliases_is_refused_before_it_is_built() -> None:
    # Of 25 lines like these one took 1.1 GB, and 25 seconds.
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 25)]
    assert "more than 20,000 values, aliases counted in full" in refusal("\n".join(lines))


def test_an_alias_may_be_used_and_merged() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a"
    assert yaml_mapping(text, "f") == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3},
                                       "c": {"x": 1, "y": 2}}  # fmt: skip


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST_YAML", 10)
    (tmp_path / "suite.yaml").write_text("name: much too long")
    with pytest.raises(DataError, match="has 19 bytes, and at most 10 are read"):
        read_yaml(tmp_path / "suite.yaml")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/full", "."])
def test_what_is_no_file_is_not_read(path: str) -> None:
    # Of /dev/zero there is no end.
    with pytest.raises(DataError, match="cannot be read"):
        read_text(Path(path))


def test_a_fifo_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert read_text(tmp_path / "fifo") == ""


@pytest.mark.parametrize("path", ["nowhere", "a" * 300, "a\0b", "f/under"])
def test_a_path_that_cannot_be_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(DataError, match="cannot be read"):
        read_text(tmp_path / path)


@given(st.text(max_size=40))
def test_any_text_is_an_object_or_refused_in_one_line(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    if isinstance(expected, dict):
        assert json_object(text, "f:1") == expected
    else:
        with pytest.raises(DataError, match=r"^f:1: ") as caught:
            json_object(text, "f:1")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' * 100_000, f'{{"a": {"9" * 5000}}}'])
def test_json_that_is_too_deep_or_long_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(DataError, match="not JSON"):
        read_json(tmp_path / "f.json")
    with pytest.raises(DataError, match=r"f\.json:1: not JSON"):
        list(read_json_lines(tmp_path / "f.json"))


@pytest.mark.parametrize(
    ("read", "text", "where"),
    [
        (read_json_lines, b'{"a": 1}\n{oops\n', ":2: not JSON"),
        (read_json_lines, b"\n[1]\n", ":2: expected an object"),
        (read_json, b"\xff", " cannot be read: 'utf-8' codec"),
        (read_json, b"{", ": not JSON"),
        (read_yaml, b"- a\n", ": expected a mapping"),
        (read_yaml, b"a: [\n", ": not YAML"),
        (read_yaml, b"", ": expected a mapping"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(
    tmp_path: Path, read: Any, text: bytes, where: str
) -> None:
    path = tmp_path / "file"
    with pytest.raises(DataError, match=f"{path} cannot be read: .*No such file"):
        list(read(path))
    path.write_bytes(text)
    with pytest.raises(DataError, match=f"{path}{where}"):
        list(read(path))


def test_a_line_separator_inside_a_string_does_not_split_the_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": "one\u2028two"}\n', encoding="utf-8")
    assert list(read_json_lines(path)) == [(1, {"a": "one\u2028two"})]
