"""Commands that ask no server open no connection: seen from outside, by strace, and from inside.

What runs on one machine alone stays there: no question, document or figure of a user's leaves it.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.conftest import new_home, write_data
from tests.policyqa.conftest import write_recipe

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WATCHED = "socket,connect,sendto,sendmsg,sendmmsg"
"""Without a connection, a datagram has its address with it."""
OURS = [sys.executable, "-m", "policyqa"]
COMMANDS = 3
"""That are looked into."""
AWAY = re.compile(r'sa_family=AF_INET6?\b.*?inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"')
LOOPBACK = re.compile(r"127\.|::1$|::ffff:127\.")
INSIDE = """
import ipaddress, os, socket


def _note(what, address):
    with open(os.environ["CONNECTIONS"], "a") as file:
        file.write(f"{what} {address!r}\\n")


def _watch(name):
    theirs = getattr(socket.socket, name)

    def ours(self, *given):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _note(name, given[-1])
        return theirs(self, *given)

    setattr(socket.socket, name, ours)


for name in ("connect", "connect_ex", "sendto"):
    _watch(name)
_resolve = socket.getaddrinfo


def _resolved(host, *given, **more):
    _note("getaddrinfo", (host,))
    return _resolve(host, *given, **more)


socket.getaddrinfo = _resolved
_note("watching", os.getpid())
"""
"""Of a ``sitecustomize`` that tells of connections and names looked up, in every Python process."""


def without_strace() -> str:
    """Why strace can tell nothing here; empty where it can."""
    program = shutil.which("strace")
    if not program:
        return "strace is not installed: apt-get install strace"
    tried = subprocess.run([program, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"strace cannot look into a process here: {tried.stderr.strip()[-200:]}"
    return ""


def traced(trace: Path) -> list[str]:
    """What stands before a command whose system calls are to be added to the file ``trace``."""
    quietly = ["-f", "-qq", "-A", "-e", "signal=none", "-e", f"trace={WATCHED}"]
    return ["strace", *quietly, "-o", str(trace)]


def away(addresses: list[str]) -> list[str]:
    """Those of another machine."""
    return [one for one in addresses if one != "localhost" and not LOOPBACK.match(one)]


def commands(folder: Path, data: Path, model: Path) -> list[list[str]]:
    """A run of a floor and of weights here, the report of it, and what a training would do."""
    suite = {
        "data": str(data),
        "model": str(model),
        "variants": ["base/plain"],
        "floors": ["echo"],
        "metrics": ["bleu"],
    }
    (folder / "here.yaml").write_text(yaml.safe_dump(suite))
    recipe = write_recipe(folder / "recipe.yaml", model=str(model))
    return [
        ["run", "here.yaml", "--out", "run"],
        ["report", "run", "--html", "page.html", "--markdown", "page.md", "--csv", "rows.csv"],
        ["train", recipe, "--data", str(data), "--out", "checkpoint"],
    ]


@dataclass(frozen=True)
class Seen:
    """What was seen of commands that were carried out in processes of their own."""

    outside: Path
    """By strace; no file where it can tell nothing."""
    inside: Path
    """By Python."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path) -> Seen:
    """What was seen of the commands; once for both ways of looking, since it takes a minute."""
    folder = tmp_path_factory.mktemp("alone")
    data = write_data(folder / "data")
    (folder / "sitecustomize.py").write_text(INSIDE)
    found = Seen(folder / "trace", folder / "connections")
    path = f"{folder}{os.pathsep}{ROOT}"
    environment = {**os.environ, "PYTHONPATH": path, "CONNECTIONS": str(found.inside)}
    # The hub is not kept away by the tests' own setting, but by what the command does.
    del environment["HF_HUB_OFFLINE"]
    with pytest.MonkeyPatch.context() as patch:
        environment["POLICYQA_HOME"] = str(new_home(folder / "home", patch))
    for command in commands(folder, data, tiny_llama):
        done = subprocess.run(
            [*([] if without_strace() else traced(found.outside)), *OURS, *command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
    return found


def test_addresses_are_read_off_what_strace_writes() -> None:
    lines = """
7 connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.2")}, 16) = 0
7 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT
7 connect(3, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), \
inet_pton(AF_INET6, "2606:4700::1", &sin6_addr), sin6_scope_id=0}, 28) = -1 ENETUNREACH
7 connect(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, 16) = 0
7 sendto(3, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("8.8.8.8")}, 16)
"""
    assert away(AWAY.findall(lines)) == ["10.0.0.2", "2606:4700::1", "8.8.8.8"]


def test_no_system_call_connects_to_another_machine(seen: Seen, tmp_path: Path) -> None:
    if reason := without_strace():
        pytest.skip(reason)
    assert away(AWAY.findall(seen.outside.read_text(errors="replace"))) == []
    # It sees what is there to be seen.
    code = "import socket; socket.socket(2, 2).connect(('192.0.2.1', 9))"
    trace = tmp_path / "trace"
    subprocess.run([*traced(trace), sys.executable, "-c", code], check=False, capture_output=True)
    assert away(AWAY.findall(trace.read_text())) == ["192.0.2.1"]


def test_no_connection_is_asked_of_python(seen: Seen) -> None:
    lines = seen.inside.read_text().splitlines()
    others = [line for line in lines if not line.startswith("watching ")]
    assert len(lines) - len(others) >= COMMANDS  # Each was looked into.
    told = [re.search(r"\(b?'([^']*)'", line) for line in others]
    assert away([one[1] if one else "?" for one in told]) == []
