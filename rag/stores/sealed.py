"""
The files of a collection in a folder as they were when it was last written, and whether they still
are.

Qdrant Edge maps its files into memory: some that are damaged end the process, and of others another
passage would be found, or another text shown, without a word.
"""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from harness.errors import IndexStoreError
from harness.files import hash_file, write_json

INDEX_SEAL = "sealed.json"
"""In the folder: of each file its size, when it was last written (ns), and its SHA-256."""
_Files = dict[str, tuple[int, int, str]]


def seal(folder: Path) -> None:
    """Say that what lies in the folder now is whole."""
    files = {path: path.stat() for path in sorted(folder.rglob("*")) if path.is_file()}
    told = {
        str(path.relative_to(folder)): (found.st_size, found.st_mtime_ns, hash_file(path))
        for path, found in files.items()
    }
    write_json(folder / INDEX_SEAL, told)


def unseal(folder: Path) -> None:
    """Say that it is being written; until it is sealed again, nobody knows whether it is whole."""
    (folder / INDEX_SEAL).unlink(missing_ok=True)


def is_sealed(folder: Path) -> bool:
    """Whether it is whole; False where nobody knows. A file that was only touched is hashed anew.

    Raises:
        IndexStoreError: a file is not there, or not as it was written.
    """
    if not (folder / INDEX_SEAL).exists():
        return False
    try:
        told = TypeAdapter(_Files).validate_json((folder / INDEX_SEAL).read_bytes())
        damaged = next((name for name, of in told.items() if _differs(folder / name, *of)), None)
    except (OSError, ValidationError):
        damaged = INDEX_SEAL
    if damaged:
        raise IndexStoreError(
            f"the index in {folder} is damaged: {damaged} is not as it was written. Delete it, and "
            f"it is made again: rm -r {folder}"
        )
    return True


def _differs(path: Path, size: int, written: int, digest: str) -> bool:
    if not path.is_file():
        return True
    found = path.stat()
    same = (found.st_size, found.st_mtime_ns) == (size, written)
    return not same and (found.st_size != size or hash_file(path) != digest)
