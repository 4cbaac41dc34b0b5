"""Folders that commands make: whole or not at all, and never in place of something else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import ConfigError, ModelError
from harness.files import locked, put_folder


def is_vacant(target: Path) -> bool:
    """Whether nothing is there, or an empty folder."""
    return not target.exists() or (target.is_dir() and not any(target.iterdir()))


@contextmanager
def new_folder(target: Path, disk: int) -> Iterator[Path]:
    """A folder to fill, which is renamed to ``target`` when the body has ended.

    Args:
        target: to make; killed before the end, nothing of it is there.
        disk: bytes that will be written, about.

    Raises:
        ConfigError: ``target`` is there already.
        ModelError: the disk has no room, or writing failed.
    """
    from safetensors import SafetensorError

    target = target.expanduser().resolve()
    # Not ``.partial``, where a training into the same folder keeps its states.
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        with locked(target):
            if not is_vacant(target):
                raise ConfigError(f"{target} is there already; name another folder")
            shutil.rmtree(unfinished, ignore_errors=True)
            free = shutil.disk_usage(target.parent).free
            if free < disk:
                raise ModelError(
                    f"{target} needs about {size_text(disk)} of disk, and {size_text(free)} are "
                    "free there; make room, or name a folder on another disk"
                )
            unfinished.mkdir()
            try:
                yield unfinished
                put_folder(unfinished, target)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"could not write {target}: {error}") from error


def size_text(size: int) -> str:
    """Bytes in GB or MB, of 10^9 and 10^6."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
