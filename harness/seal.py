"""
Records that say of themselves, and of files beside them, whether they are as they were written.

A seal is a hash, not a signature: it finds what a disk, a copy or a careless edit did, and whoever
wants to lie can seal anew.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.errors import DataError, RunError
from harness.files import fingerprint, hash_file, write_json
from harness.reading import read_json

SEAL = "sealed"
"""The field of a record that has the hash of the others."""
FILES = "files"
"""The field of a record that has the hashes of files, by their paths beside it."""
_AGAIN = (
    "run its suite again into another folder, which asks nothing that is kept: policyqa run SUITE "
    "--out FOLDER"
)


def write_sealed(path: Path, record: dict[str, Any], files: Iterable[Path] = ()) -> None:
    """Write a record as JSON, with hashes of itself and of ``files``, which are below its folder.

    Raises:
        ConfigError: it cannot be written.
    """
    names = sorted(one.relative_to(path.parent).as_posix() for one in files)
    if names:
        record = record | {FILES: {name: hash_file(path.parent / name) for name in names}}
    write_json(path, record | {SEAL: fingerprint(record)})


def read_sealed(path: Path) -> dict[str, Any]:
    """A record that was written by ``write_sealed``, without its seal.

    Raises:
        RunError: it has none, or it or a file it has the hash of is not as it was written.
        DataError: it is no JSON object.
    """
    record = read_json(path)
    seal = record.pop(SEAL, None)
    if seal is None:
        raise RunError(
            f"{path} was made by a version before 0.13, which this one does not read; {_AGAIN}"
        )
    if seal != fingerprint(record):
        raise RunError(f"{path} was changed after it was written; {_AGAIN}")
    files = record.get(FILES, {})
    if not isinstance(files, dict):
        raise DataError(f"{path}: {FILES} is {files!r:.60}, and no table of hashes")
    for name, hashed in files.items():
        _check(path.parent / name, hashed)
    return record


def _check(file: Path, hashed: Any) -> None:
    if not file.is_file():
        raise RunError(f"{file.parent} has lost its {file.name}; {_AGAIN}")
    if hash_file(file) != hashed:
        raise RunError(f"{file} was changed after it was written; {_AGAIN}")
