"""
One SQLite file, shared by threads and processes: every write is one transaction.

What goes wrong is told in one line that says where.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from pydantic import ValidationError

from harness.errors import RunError
from harness.files import locked

_WAIT = 60
"""Seconds a write waits for another process's."""


class Database:
    """An open file."""

    def __init__(
        self, path: Path, version: int, tables: str, changes: Mapping[int, str] | None = None
    ) -> None:
        """Open the file, made by the statements ``tables`` if it is not there.

        Args:
            path: of the file.
            version: of its tables.
            tables: the statements that make them.
            changes: by earlier version, the statements that make the tables of the next of it.

        Raises:
            RunError: it is damaged, cannot be written, or is of another version.
        """
        self.path = path
        self._one_at_a_time = RLock()
        # SQLite turns to WAL without waiting for another process that does so at the same time.
        with self.explained(), locked(path):
            # Transactions are begun by hand, in ``writing``, by several threads, one at a time.
            self._db = sqlite3.connect(
                path, timeout=_WAIT, isolation_level=None, check_same_thread=False
            )
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA secure_delete = ON")
            (found,) = self._db.execute("PRAGMA user_version").fetchone()
            changes = dict(changes or {})
            while found in changes:
                with self.writing() as db:
                    db.execute(changes.pop(found))
                    db.execute(f"PRAGMA user_version = {found + 1}")
                found += 1
            if found not in (0, version):
                raise RunError(
                    f"{path} is of version {found}, this program keeps version {version}; move it "
                    "away, or use the program that made it"
                )
            if not found:
                with self.writing() as db:
                    for statement in f"{tables}PRAGMA user_version = {version}".split(";"):
                        db.execute(statement)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a statement finds, each by its columns' places and names."""
        with self.explained(), self._one_at_a_time:
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, that waits for another process's rather than fail half-way."""
        with self.explained(), self._one_at_a_time, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db

    def shrink(self) -> None:
        """Write the file anew, so that nothing of what was deleted stays in it."""
        with self.explained(), self._one_at_a_time:
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def explained(self) -> Iterator[None]:
        """What SQLite, the disk and rows of another form raise, as an error of ours that says
        where."""
        try:
            yield
        # SQLite's own message may be no text, of a damaged file.
        except (sqlite3.Error, OSError, UnicodeError, ValidationError) as error:
            reason = " ".join(str(error).split())
            raise RunError(
                f"the kept answers and scores in {self.path} cannot be used: {reason}; is the disk "
                "full, or the folder not yours (POLICYQA_HOME)? If the file is damaged, delete it: "
                "its answers are asked anew"
            ) from error
