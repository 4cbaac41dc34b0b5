"""
Answers and scores kept by what made them, in one SQLite file of the cache.

An answer is kept under who answered and the prompt's text, beside the batch it was asked in; a
score under the metric's signature and the row it read. So no two suites, runs or processes ask or
score the same twice. Who used what is kept as well, since a user's private answers lie here:
``policyqa cache info`` shows and ``policyqa cache clear`` forgets.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, with_config

from harness.database import Database
from harness.files import cache_folder, fingerprint
from harness.metrics.metric import Value

SCHEMA = 3
"""Raised when the tables change."""
_CHANGES = {2: "ALTER TABLE answers ADD COLUMN likelihood REAL"}
"""What makes a file of the version before one of this."""
_TABLES = """
CREATE TABLE answers (
    key TEXT, batch TEXT, place INTEGER, text TEXT, prompt_tokens INTEGER, answer_tokens INTEGER,
    seconds REAL, cut INTEGER, served_by TEXT, day TEXT, price REAL, context TEXT, code TEXT,
    likelihood REAL,
    PRIMARY KEY (key, batch)
);
CREATE TABLE scores (
    row TEXT, metric TEXT, value TEXT, PRIMARY KEY (row, metric)
) WITHOUT ROWID;
CREATE TABLE uses (
    suite TEXT, data TEXT, model TEXT, kind TEXT, key TEXT,
    PRIMARY KEY (suite, data, model, kind, key)
) WITHOUT ROWID;
CREATE INDEX by_batch ON answers (batch, place);
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
    likelihood: float | None = None
    """The mean of its tokens' log-probabilities, natural, at most 0; None where nobody tells."""


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
        self._db = Database(self.path, SCHEMA, _TABLES, _CHANGES)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # Answers

    def batch(self, batch: str) -> list[Answer] | None:
        """The answers of the batch of that key, in the order of its prompts; None unless kept."""
        rows = self._db.rows(
            f"SELECT {_ANSWER} FROM answers WHERE batch = ? ORDER BY place",
            [batch],
        )
        with self._db.explained():
            return [_answer(row) for row in rows] or None

    def answers(self, keys: Sequence[str]) -> dict[str, Answer]:
        """Of the answers of these keys those that are kept, of the batch that was kept first."""
        rows = self._db.rows(
            f"SELECT key, {_ANSWER} FROM answers "
            "WHERE key IN (SELECT value FROM json_each(?)) ORDER BY rowid DESC",
            [json.dumps(keys)],
        )
        with self._db.explained():
            return {key: _answer(row) for key, *row in rows}

    def forget_answers(self, keys: Sequence[str]) -> None:
        """Forget the answers of these keys, which are to be asked again."""
        with self._db.writing() as db:
            db.executemany("DELETE FROM answers WHERE key = ?", [(key,) for key in keys])

    def keep_batch(self, batch: str, keys: Sequence[str], answers: Sequence[Answer]) -> None:
        """Keep the answers of a batch; on disk when this returns. What is there already stays."""
        code = version("policyqa-bench")
        rows = [
            {"key": key, "batch": batch, "place": place, **_columns(replace(answer, code=code))}
            for place, (key, answer) in enumerate(zip(keys, answers, strict=True))
        ]
        with self._db.writing() as db:
            db.executemany(
                f"INSERT OR IGNORE INTO answers (key, batch, place, {_ANSWER}) "
                f"VALUES (:key, :batch, :place, {_GIVEN})",
                rows,
            )

    # Scores

    def scores(self, signature: str, rows: Sequence[str]) -> dict[str, Value | None]:
        """Of the rows with these fingerprints the values that are kept of one metric."""
        kept = self._db.rows(
            "SELECT row, value FROM scores "
            "WHERE metric = ? AND row IN (SELECT value FROM json_each(?))",
            [signature, json.dumps(rows)],
        )
        with self._db.explained():
            return {row: _SCORE.validate_json(value) for row, value in kept}

    def keep_scores(self, signature: str, values: Mapping[str, Value | None]) -> None:
        """Keep values of one metric, by the fingerprints of their rows."""
        rows = [(row, signature, json.dumps(value)) for row, value in values.items()]
        with self._db.writing() as db:
            db.executemany("INSERT OR REPLACE INTO scores VALUES (?,?,?)", rows)

    # Who used what

    def used(self, use: Use, kind: str, keys: Iterable[str]) -> None:
        """Note that ``use`` needs these answers or scores (``kind``: ``answer``, ``score``)."""
        rows = [(use.suite, use.data, use.model, kind, key) for key in keys]
        with self._db.writing() as db:
            db.executemany("INSERT OR IGNORE INTO uses VALUES (?,?,?,?,?)", rows)

    def scored(self, use: Use, variant: str, questions: Iterable[str]) -> None:
        """Note that a variant, by its fingerprint, was scored on these questions."""
        self.used(use, "scored", (f"{fingerprint(one)}:{variant}" for one in questions))

    def tried(self, questions: Iterable[str]) -> int:
        """How many variants were scored on these questions so far: the most of any of them."""
        (found,) = self._db.rows(
            "SELECT coalesce(max(variants), 0) FROM ("
            "SELECT count(DISTINCT substr(key, 66)) AS variants FROM uses WHERE kind = 'scored' "
            "AND substr(key, 1, 64) IN (SELECT value FROM json_each(?)) "
            "GROUP BY substr(key, 1, 64))",
            [json.dumps([fingerprint(one) for one in questions])],
        )
        return int(found[0])

    def info(self) -> list[dict[str, Any]]:
        """What is kept of each suite, data folder and model: answers, their characters, scores."""
        rows = self._db.rows(
            "SELECT suite, data, model, count(DISTINCT answers.key) AS answers, "
            "coalesce(sum(length(answers.text)), 0) AS characters, "
            "count(DISTINCT scores.row) AS scored FROM uses "
            "LEFT JOIN answers ON kind = 'answer' AND answers.key = uses.key "
            "LEFT JOIN scores ON kind = 'score' AND scores.row = uses.key "
            "GROUP BY suite, data, model ORDER BY suite, data, model"
        )
        with self._db.explained():
            return [_USED.validate_python(dict(row)) for row in rows]

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
        with self._db.writing() as db:
            for kind, table, column in (("answer", "answers", "key"), ("score", "scores", "row")):
                used = f"SELECT key FROM uses WHERE kind = '{kind}' AND {where}"
                # What nobody is noted to have used goes only when everything goes.
                which = f"{column} IN ({used})" if named else "1"
                gone[table] = db.execute(
                    f"DELETE FROM {table} WHERE {which}",
                    list(named.values()),
                ).rowcount
            db.execute(f"DELETE FROM uses WHERE {where}", list(named.values()))
        self._db.shrink()
        return gone


_ANSWER = ", ".join(one.name for one in fields(Answer))
_STRICT = ConfigDict(strict=True, allow_inf_nan=False, revalidate_instances="always")
_FORM = TypeAdapter(with_config(_STRICT)(Answer))
_USED = TypeAdapter(dict[str, str | int], config=_STRICT)
_SHOWN = TypeAdapter(tuple[str, ...])
_SCORE: TypeAdapter[Value | None] = TypeAdapter(Value | None, config=_STRICT)
_GIVEN = ", ".join(f":{one.name}" for one in fields(Answer))


def _columns(answer: Answer) -> dict[str, Any]:
    context = None if answer.context is None else json.dumps(answer.context)
    return vars(answer) | {"context": context}


def _answer(row: Sequence[Any]) -> Answer:
    """An answer of its columns; SQLite keeps a truth value as a number."""
    found = Answer(*row)
    cut = None if found.cut is None else bool(found.cut)
    context = None if found.context is None else _SHOWN.validate_json(str(found.context))
    return _FORM.validate_python(replace(found, cut=cut, context=context))
