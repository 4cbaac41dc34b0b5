"""A user's own code by name: found in the working directory, and known by what it is written in."""

from pathlib import Path

import pytest

from harness.errors import ConfigError, told
from harness.imported import imported, source_of


def test_what_is_named_is_found_in_the_working_directory(workplace: Path) -> None:
    (workplace / "imported_package").mkdir()
    (workplace / "imported_package" / "inner.py").write_text("class A:\n    b = 7\n")
    assert imported("imported_package.inner:A.b") == 7


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("imported_nothing:f", None, "ModuleNotFoundError: No module named 'imported_nothing'"),
        ("imported_empty:f", "", "module 'imported_empty' has no attribute 'f'"),
        ("imported_wrong:f", "def f(:\n", "SyntaxError: invalid syntax"),
        ("imported_raising:f", "\n1 / 0\n", r"division by zero \(imported_raising.py:2\)"),
        ("imported_lines:f", "raise OSError('a\\nb')", r"OSError: a b \(imported_lines.py:1\)"),
        ("no_colon", None, "has not the form package.module:name"),
        ("module:", None, "has not the form"),
        (":name", None, "has not the form"),
    ],
)
def test_what_cannot_be_imported_is_one_line(
    workplace: Path, name: str, text: str | None, said: str
) -> None:
    if text is not None:
        (workplace / f"{name.split(':')[0]}.py").write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        imported(name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_who_ends_the_program_while_it_is_imported_ends_it(workplace: Path) -> None:
    (workplace / "imported_ending.py").write_text("raise SystemExit\n")
    with pytest.raises(SystemExit):
        imported("imported_ending:f")


SOURCES = {
    "function": "def f(question): ...\n",
    "instance": "from shared_instance import Assistant\nf = Assistant(1)\n",
    "elsewhere": "from shared_elsewhere import f\n",
    "wrapped": "from functools import *\nfrom shared_wrapped import f\nf = wraps(f)(lambda q: q)\n",
}


@pytest.mark.parametrize("kind", SOURCES)
def test_the_source_changes_with_every_file_that_defines_what_is_named(
    workplace: Path, kind: str
) -> None:
    # Of an object, only its class's file counted: other arguments to it gave the old answers.
    shared, own = workplace / f"shared_{kind}.py", workplace / f"source_{kind}.py"
    shared.write_text("class Assistant:\n    def __init__(self, k): ...\ndef f(q): ...\n")
    own.write_text(SOURCES[kind])
    name = f"source_{kind}:f"
    first = source_of(name)
    assert len(first) == 64
    assert source_of(name) == first
    own.write_text(SOURCES[kind] + "# changed\n")
    assert source_of(name) != first
    own.write_text(SOURCES[kind])
    shared.write_text(shared.read_text() + "# changed\n")
    assert (source_of(name) != first) == (kind != "function")
    # What is built in has none: it was a TypeError of inspect's.
    assert source_of("math:sqrt") == ""


def test_what_a_users_code_raised_is_told_with_its_place_and_ours_is_not() -> None:
    try:
        raise ValueError("first\n  second")
    except ValueError as error:
        line = error.__traceback__.tb_lineno if error.__traceback__ else 0
        assert told(error) == f"ValueError: first second (test_imported.py:{line})"
    assert told(KeyError()) == "KeyError"
    with pytest.raises(ConfigError) as caught:
        imported("no_colon")
    assert told(caught.value).endswith("has not the form package.module:name")
