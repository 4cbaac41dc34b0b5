"""What is pinned by version is pinned by hash as well; ``make hashes`` asks for them anew."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.+!-]+)", re.MULTILINE)


def test_every_constraint_but_torch_has_the_hashes_of_its_version() -> None:
    constraints = dict(PINNED.findall((ROOT / "constraints.txt").read_text()))
    hashes = (ROOT / "hashes.txt").read_text()
    assert constraints.pop("torch")  # Each machine has a build of its own.
    assert len(constraints) > 100
    hashed = re.findall(
        r"^([\w.-]+)==(\S+) \\\n    --hash=sha256:[0-9a-f]{64}", hashes, re.MULTILINE
    )
    assert dict(hashed) == {_normal(name): version for name, version in constraints.items()}


def _normal(name: str) -> str:
    """As package indexes spell it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
