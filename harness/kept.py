"""
Answers and scores kept by what made them, in one SQLite file of the cache.

An answer is kept under who answered and the prompt's text, beside the batch it was asked in; a
score under the metric's signature and the row it read. So no two suites, runs or processes ask or
score the same twice. Who used what is kept as well, since a user's private answers lie here:
``policyqa cache info`` shows and ``policyqa cache clear`` forgets.

Safe when processes share it or are killed: every write is one transaction.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from threading import RLock
from typing import Any

from more_itertools import chunked

from harness.errors import RunError
from harness.files import cache_folder, locked
from harness.metrics.metric import Value

SCHEMA = 2
"""Raised when the tables change."""
WAIT = 60
"""Seconds a write waits for another process's."""
_AT_ONCE = 500
"""Keys asked for in one statement: SQLite takes 999 and more."""

_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT, batch TEXT, place INTEGER, text TEXT, prompt_tokens INTEGER, answer_tokens INTEGER,
    seconds REAL, cut INTEGER, served_by TEXT, day TEXT, price REAL, context TEXT,
    code TEXT,
    PRIMARY KEY (key, batch)
);
CREATE TABLE IF NOT EXISTS scores (
    row TEXT, metric TEXT, value TEXT, PRIMARY KEY (row, metric)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uses (
    suite TEXT, data TEXT, model TEXT, kind TEXT, key TEXT,
    PRIMARY KEY (suite, data, model, kind, key)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Answer:
    """What a model said to a prompt, and what that took."""

    text: str
    """Up to its end or a stop string, as the model gave it."""
    prompt_tokens: int | None = None
    """None, here and below, where nobody tells."""
    answer_tokens: int | None = None
    seconds: float | None = None
    """Its share of its batch's wall time."""
    cut: bool | None = None
    """Whether it was longer than it may be."""
    served_by: str | None = None
    """What a server calls the model that answered; a function's own name."""
    day: str | None = None
    """When a server or function answered: YYYY-MM-DD, UTC."""
    price: float | None = None
    """In the user's currency, where the assistant itself tells it."""
    context: tuple[str, ...] | None = None
    """What an assistant of the user's says it was shown: ids of sections, or texts."""
    code: str = ""
    """The version of this project that asked for it."""


@dataclass(frozen=True)
class Use:
    """Who asks: what ``policyqa cache`` shows and forgets by."""

    suite: str
    data: str
    """The data folder."""
    model: str
    """As the suite names it."""


class Kept:
    """What is kept; one a process."""

    def __init__(self, path: Path | None = None) -> None:
        """Open the file, made if it is not there; None is the cache's own.

        Raises:
            RunError: it is damaged, cannot be written, or is of another version.
        """
        self.path = path or cache_folder("kept.sqlite")
        self._one_at_a_time = RLock()
        # SQLite turns to WAL without waiting for another process that does so at the same time.
        with self._explained(), locked(self.path):
            # Transactions are begun by hand: see ``_writing``.
            # Threads that ask a server keep what they got, one at a time.
            self._db = sqlite3.connect(
                self.path, timeout=WAIT, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA secure_delete = ON")
            self._set_up()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # Answers

    def batch(self, batch: str) -> list[Answer] | None:
        """The answers of the batch of that key, in the order of its prompts; None unless kept."""
        rows = self._rows(
            f"SELECT {_ANSWER} FROM answers WHERE batch = ? ORDER BY place",  # noqa: S608
            [batch],
        )
        return [_answer(row) for row in rows] or None

    def answers(self, keys: Sequence[str]) -> dict[str, Answer]:
        """Of the answers of these keys those that are kept, of the batch that was kept first."""
        found: dict[str, Answer] = {}
        for some in chunked(keys, _AT_ONCE):
            marks = ", ".join("?" * len(some))
            rows = self._rows(
                f"SELECT key, {_ANSWER} FROM answers WHERE key IN ({marks}) ORDER BY rowid DESC",  # noqa: S608
                some,
            )
            found |= {key: _answer(row) for key, *row in rows}
        return found

    def forget_answers(self, keys: Sequence[str]) -> None:
        """Forget the answers of these keys, which are to be asked again."""
        with self._writing():
            self._db.executemany("DELETE FROM answers WHERE key = ?", [(key,) for key in keys])

    def keep_batch(self, batch: str, keys: Sequence[str], answers: Sequence[Answer]) -> None:
        """Keep the answers of a batch; on disk when this returns. What is there already stays."""
        code = version("policyqa-bench")
        rows = [
            (key, batch, place, *_columns(replace(answer, code=code)))
            for place, (key, answer) in enumerate(zip(keys, answers, strict=True))
        ]
        marks = ",".join("?" * len(rows[0])) if rows else ""
        with self._writing():
            self._db.executemany(
                f"INSERT OR IGNORE INTO answers (key, batch, place, {_ANSWER}) VALUES ({marks})",  # noqa: S608
                rows,
            )

    # Scores

    def scores(self, signature: str, rows: Sequence[str]) -> dict[str, Value | None]:
        """Of the rows with these fingerprints the values that are kept of one metric."""
        found: dict[str, Value | None] = {}
        for some in chunked(rows, _AT_ONCE):
            marks = ", ".join("?" * len(some))
            kept = self._rows(
                f"SELECT row, value FROM scores WHERE metric = ? AND row IN ({marks})",  # noqa: S608
                [signature, *some],
            )
            found |= {row: _value(json.loads(value)) for row, value in kept}
        return found

    def keep_scores(self, signature: str, values: Mapping[str, Value | None]) -> None:
        """Keep values of one metric, by the fingerprints of their rows."""
        rows = [(row, signature, json.dumps(value)) for row, value in values.items()]
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO scores VALUES (?,?,?)", rows)

    # Who used what

    def used(self, use: Use, kind: str, keys: Iterable[str]) -> None:
        """Note that ``use`` needs these answers or scores (``kind``: ``answer`` or ``score``)."""
        rows = [(use.suite, use.data, use.model, kind, key) for key in keys]
        with self._writing():
            self._db.executemany("INSERT OR IGNORE INTO uses VALUES (?,?,?,?,?)", rows)

    def info(self) -> list[dict[str, Any]]:
        """What is kept of each suite, data folder and model: answers, their characters, scores."""
        rows = self._rows(
            "SELECT suite, data, model, count(DISTINCT answers.key), "
            "coalesce(sum(length(answers.text)), 0), count(DISTINCT scores.row) FROM uses "
            "LEFT JOIN answers ON kind = 'answer' AND answers.key = uses.key "
            "LEFT JOIN (SELECT DISTINCT row FROM scores) AS scores "
            "ON kind = 'score' AND scores.row = uses.key "
            "GROUP BY suite, data, model ORDER BY suite, data, model",
            [],
        )
        names = ("suite", "data", "model", "answers", "characters", "scored")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def forget(
        self, suite: str | None = None, data: str | None = None, model: str | None = None
    ) -> dict[str, int]:
        """Forget what was used by that suite, data folder and model; None is any.

        What others used as well is forgotten with it. Nothing of it stays in the file.

        Returns:
            How many answers and scores are gone.
        """
        wanted = {"suite": suite, "data": data, "model": model}
        named = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in named) or "1"
        gone = {}
        with self._writing():
            for kind, table, column in (("answer", "answers", "key"), ("score", "scores", "row")):
                inside = f"SELECT key FROM uses WHERE kind = ? AND {where}"  # noqa: S608
                # What nobody is noted to have used goes only when everything goes.
                which = f"{column} IN ({inside})" if named else "? IS NOT NULL"
                done = self._db.execute(
                    f"DELETE FROM {table} WHERE {which}",  # noqa: S608
                    [kind, *named.values()],
                )
                gone[table] = done.rowcount
            self._db.execute(f"DELETE FROM uses WHERE {where}", list(named.values()))  # noqa: S608
        with self._explained():
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def _set_up(self) -> None:
        (found,) = self._db.execute("PRAGMA user_version").fetchone()
        if found == 1:
            with self._writing():
                for column in (
                    "cut INTEGER",
                    "served_by TEXT",
                    "day TEXT",
                    "price REAL",
                    "context TEXT",
                ):
                    self._db.execute(f"ALTER TABLE answers ADD COLUMN {column}")
                self._db.execute(f"PRAGMA user_version = {SCHEMA}")
        elif found not in (0, SCHEMA):
            raise RunError(
                f"{self.path} is of version {found}, this program keeps version {SCHEMA}; move it "
                "away, or use the program that made it"
            )
        if found == 0:
            with self._writing():
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                self._db.execute("CREATE INDEX IF NOT EXISTS by_batch ON answers (batch, place)")
                self._db.execute(f"PRAGMA user_version = {SCHEMA}")

    def _rows(self, statement: str, values: Sequence[Any]) -> list[Any]:
        with self._explained(), self._one_at_a_time:
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, that waits for another process's rather than fail half-way."""
        with self._explained(), self._one_at_a_time:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                # SQLite has done so itself where the disk is full.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What SQLite and the disk raise, as an error of ours that says where."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise RunError(
                f"the kept answers and scores in {self.path} cannot be used: {error}; is the disk "
                "full, or the folder not yours (POLICYQA_HOME)? If the file is damaged, delete it: "
                "its answers are asked anew"
            ) from error


_ANSWER = ", ".join(one.name for one in fields(Answer))


def _columns(answer: Answer) -> tuple[Any, ...]:
    context = None if answer.context is None else json.dumps(answer.context)
    return tuple((vars(answer) | {"context": context}).values())


def _answer(row: Sequence[Any]) -> Answer:
    """An answer of its columns; SQLite keeps a truth value as a number."""
    found = Answer(*row)
    cut = None if found.cut is None else bool(found.cut)
    context = None if found.context is None else tuple(json.loads(str(found.context)))
    return replace(found, cut=cut, context=context)


def _value(found: Any) -> Value | None:
    """A value as a metric gave it, from JSON."""
    return tuple(found) if isinstance(found, list) else found
