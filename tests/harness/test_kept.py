"""What is kept: found by content, forgotten for good; a file that cannot be used."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import RunError
from harness.kept import Answer, Kept, Use

ODD = "line\nline\r\n\u2028\u2029 \U0001f41d \x00 after NUL 'quote\" \u200f"
MINE = Use("mine", "data/a", "small")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A new store."""
    store = Kept(tmp_path / "kept.sqlite")
    yield store
    store.close()


def answer(text: str, seconds: float = 0.5) -> Answer:
    return Answer(text, prompt_tokens=12, answer_tokens=3, seconds=seconds)


def texts(answers: list[Answer] | None) -> list[str] | None:
    return None if answers is None else [one.text for one in answers]


def keep(kept: Kept, use: Use, key: str, text: str) -> None:
    """One answer in a batch of its own, with a score, both noted to be used."""
    kept.keep_batch(f"batch of {key}", [key], [answer(text)])
    kept.keep_scores("m:1", {f"row of {key}": 0.5})
    kept.used(use, "answer", [key])
    kept.used(use, "score", [f"row of {key}"])


def on_disk(kept: Kept) -> bytes:
    """All there is of the store: the file itself and what SQLite has beside it."""
    files = sorted(kept.path.parent.glob(f"{kept.path.name}*"))
    assert kept.path in files
    return b"".join(path.read_bytes() for path in files)


def test_answers_are_found_by_batch_and_by_key(kept: Kept) -> None:
    kept.keep_batch("b1", ["k2", "k1"], [answer("two"), answer("one")])
    kept.keep_batch("b2", ["k3"], [answer("three")])
    assert texts(kept.batch("b1")) == ["two", "one"]
    assert kept.batch("b3") is None
    found = kept.answers(["k1", "k3", "k9"])
    assert {key: one.text for key, one in found.items()} == {"k1": "one", "k3": "three"}
    assert found["k1"].code
    assert (found["k1"].prompt_tokens, found["k1"].answer_tokens, found["k1"].seconds) == (
        (12, 3, 0.5)
    )


def test_more_keys_than_one_statement_takes(kept: Kept) -> None:
    keys = [f"k{n}" for n in range(1201)]
    kept.keep_batch("b", keys, [answer(key) for key in keys])
    kept.keep_scores("m:1", {key: float(n) for n, key in enumerate(keys)})
    assert {key: one.text for key, one in kept.answers(keys).items()} == {k: k for k in keys}
    assert len(kept.scores("m:1", keys)) == 1201
    assert kept.answers([]) == kept.scores("m:1", []) == {}


def test_the_first_writer_of_a_batch_wins(kept: Kept) -> None:
    kept.keep_batch("b", ["k1", "k2"], [answer("first", 0.1), answer("second", 0.2)])
    kept.keep_batch("b", ["k1", "k2"], [answer("later", 9.0), answer("latest", 9.0)])
    assert texts(kept.batch("b")) == ["first", "second"]
    # One prompt in two batches has an answer in each: int8 answers by batch.
    kept.keep_batch("a", ["k1"], [answer("alone")])
    assert texts(kept.batch("a")) == ["alone"]
    assert texts(kept.batch("b")) == ["first", "second"]
    assert kept.answers(["k1"])["k1"].text == "first"
    kept.forget(suite="nobody's")  # SQLite writes the file anew, and numbers its rows.
    assert kept.answers(["k1"])["k1"].text == "first"


def test_a_batch_of_another_length_than_its_keys_is_not_kept(kept: Kept) -> None:
    with pytest.raises(ValueError, match="zip"):
        kept.keep_batch("b", ["k1", "k2"], [answer("one")])
    assert kept.batch("b") is None


@pytest.mark.parametrize("text", [ODD, "", " ", "x" * 2_000_000])
def test_a_text_comes_back_as_it_was(kept: Kept, text: str) -> None:
    kept.keep_batch("b", ["k"], [answer(text)])
    kept.close()
    again = Kept(kept.path)
    assert texts(again.batch("b")) == [text]
    assert again.answers(["k"])["k"].text == text
    again.close()


def test_scores_come_back_as_they_were(kept: Kept) -> None:
    values = {"r1": 0.1 + 0.2, "r2": None, "r3": (3.0, 0.0, 1e-9), "r4": 0.0}
    kept.keep_scores("m:1", values)
    assert kept.scores("m:1", [*values, "r5"]) == values
    assert kept.scores("m:2", list(values)) == {}


OTHER_SUITE, OTHER_DATA = Use("other", "data/a", "small"), Use("mine", "data/b", "small")
OTHER_MODEL = Use("mine", "data/a", "large")
USES = {"k1": MINE, "k2": OTHER_SUITE, "k3": OTHER_DATA, "k4": OTHER_MODEL}
FORGET = [  # by what, keys that go
    ({"suite": "mine"}, {"k1", "k3", "k4"}),
    ({"data": "data/a"}, {"k1", "k2", "k4"}),
    ({"model": "small"}, {"k1", "k2", "k3"}),
    ({"suite": "mine", "data": "data/a"}, {"k1", "k4"}),
    ({"suite": "mine", "data": "data/a", "model": "small"}, {"k1"}),
    ({"suite": "other", "model": "large"}, set()),
    ({"suite": "' OR 1 --"}, set()),
    ({}, set(USES)),
]


def test_info_counts_what_each_used(kept: Kept) -> None:
    assert kept.info() == []
    for key, use in USES.items():
        keep(kept, use, key, "four")
    kept.keep_batch("b", ["k5"], [answer("\U0001f41d and bees")])
    kept.used(MINE, "answer", ["k5", "k5", "never kept"])
    kept.keep_scores("m:2", {"row of k1": None})  # A second metric of a row already scored.
    found = {(r["suite"], r["data"], r["model"]): r for r in kept.info()}
    assert list(found) == sorted(found) and len(found) == 4
    mine = found["mine", "data/a", "small"]
    assert (mine["answers"], mine["characters"], mine["scored"]) == (2, 14, 1)
    other = found["other", "data/a", "small"]
    assert (other["answers"], other["characters"], other["scored"]) == (1, 4, 1)


@pytest.mark.parametrize(("by", "gone"), FORGET)
def test_what_is_forgotten_is_gone_and_the_rest_is_not(
    kept: Kept, by: dict[str, str], gone: set[str]
) -> None:
    for key, use in USES.items():
        # Long enough for pages of its own, too.
        keep(kept, use, key, f"secret of {key} " * 900)
    assert b"secret of k1" in on_disk(kept)
    assert kept.forget(**by) == {"answers": len(gone), "scores": len(gone)}
    left = set(USES) - gone
    assert set(kept.answers(list(USES))) == left
    assert set(kept.scores("m:1", [f"row of {k}" for k in USES])) == {f"row of {k}" for k in left}
    assert {tuple(row.values())[:3] for row in kept.info()} == {
        (use.suite, use.data, use.model) for key, use in USES.items() if key in left
    }
    raw = on_disk(kept)
    for key in USES:
        assert (f"secret of {key}".encode() in raw) is (key in left)
        assert (f"row of {key}".encode() in raw) is (key in left)


def test_what_is_forgotten_is_gone_while_another_has_the_file_open(kept: Kept) -> None:
    other = Kept(kept.path)
    keep(other, MINE, "k1", "a private answer")
    keep(kept, OTHER_SUITE, "k2", "another's")
    assert texts(other.batch("batch of k2")) == ["another's"]
    kept.forget(suite="mine")
    assert b"a private answer" not in on_disk(kept)
    assert other.batch("batch of k1") is None
    assert texts(other.batch("batch of k2")) == ["another's"]
    other.close()


def test_what_others_used_as_well_is_forgotten_and_what_nobody_did_stays(kept: Kept) -> None:
    keep(kept, MINE, "k1", "shared")
    kept.used(OTHER_SUITE, "answer", ["k1"])
    kept.keep_batch("b", ["nobody's"], [answer("nobody's")])
    assert kept.forget(suite="mine")["answers"] == 1
    assert set(kept.answers(["k1", "nobody's"])) == {"nobody's"}
    assert kept.forget()["answers"] == 1
    assert kept.answers(["nobody's"]) == {}


def test_a_batch_that_lost_some_of_its_answers_is_completed(kept: Kept) -> None:
    kept.keep_batch("b", ["k1", "k2"], [answer("one"), answer("two")])
    kept.used(MINE, "answer", ["k1"])
    kept.forget(suite="mine")
    assert texts(kept.batch("b")) == ["two"]
    kept.keep_batch("b", ["k1", "k2"], [answer("anew"), answer("later")])
    assert texts(kept.batch("b")) == ["anew", "two"]


def test_the_file_is_the_caches_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path / "not" / "there yet"))
    store = Kept()
    assert store.path == tmp_path / "not" / "there yet" / "kept.sqlite"
    assert store.path.is_file()
    store.close()


def damage(path: Path, how: str) -> None:
    """A store with one batch, damaged."""
    path.unlink(missing_ok=True)
    store = Kept(path)
    store.keep_batch("b", [f"k{n}" for n in range(50)], [answer("text " * 200)] * 50)
    store.close()
    whole = path.read_bytes()
    if how == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(
            {
                "other": b"no database at all " * 500,
                "pages": whole[:4096] + b"\xff" * (len(whole) - 4096),
                "cut": whole[: len(whole) // 2],
            }[how]
        )


@pytest.mark.parametrize("how", ["other", "pages", "cut", "folder"])
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, how: str) -> None:
    path = tmp_path / "kept.sqlite"
    damage(path, how)
    with pytest.raises(RunError, match="cannot be used") as caught:
        Kept(path).batch("b")
    assert str(path) in str(caught.value) and "delete it" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", [3, 99])
def test_a_file_of_another_version_is_left_alone(tmp_path: Path, version: int) -> None:
    path = tmp_path / "kept.sqlite"
    made = sqlite3.connect(path)
    made.execute(f"PRAGMA user_version = {version}")
    made.close()
    with pytest.raises(RunError, match=f"is of version {version}, .* keeps version 2"):
        Kept(path)
    made = sqlite3.connect(path)
    assert made.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    made.close()


def test_a_full_disk_is_one_clear_error_and_loses_nothing(kept: Kept) -> None:
    # SQLite had rolled back itself, and the error said that it could not be done twice.
    kept.keep_batch("b1", ["k"], [answer("there")])
    kept._db.execute("PRAGMA max_page_count = 20")
    with pytest.raises(RunError, match="database or disk is full"):
        kept.keep_batch("b2", [f"k{n}" for n in range(200)], [answer("x" * 5000)] * 200)
    assert kept.batch("b2") is None
    assert texts(kept.batch("b1")) == ["there"]
    kept.keep_batch("b3", ["k3"], [answer("goes on")])
    assert texts(kept.batch("b3")) == ["goes on"]
