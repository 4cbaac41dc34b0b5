"""Servers in a thread of this process: of scripted answers and faults, and of a real model."""

import json
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Literal

from harness.models.policyqa_hf import PolicyQALM

COMPLETIONS, CHATS = "/v1/completions", "/v1/chat/completions"


@dataclass(frozen=True)
class Reply:
    """What a server does with a call."""

    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drops: bool = False
    """Closes the connection in place of an answer."""
    hangs: bool = False
    """Says nothing until the server is closed."""
    cut: bool = False
    """Closes the connection in the middle of the answer."""
    slow: Literal["", "head", "body"] = ""
    """From where on a byte comes at a time."""


@dataclass(frozen=True)
class Call:
    """What a server was sent."""

    number: int
    """From 1."""
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def asked(self) -> str:
        """The prompt, or the last turn of the chat."""
        return str(self.body.get("prompt") or self.body["messages"][-1]["content"])


Script = Callable[[Call], Reply]


def says(text: str | None, **more: Any) -> Reply:
    """An answer in OpenAI's form, of completions and of chats; ``more`` replaces parts of it, and
    None leaves them out."""
    choice = {"index": 0, "text": text, "message": {"role": "assistant", "content": text}}
    choice["finish_reason"] = more.pop("finish_reason", "stop")
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
    whole = {"choices": [choice], "usage": usage, "model": "small-2026"} | more
    return Reply(json.dumps({name: one for name, one in whole.items() if one is not None}))


class Server(ThreadingHTTPServer):
    """Answers as its script says, and remembers what it was sent."""

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.calls: list[Call] = []
        self.closing = Event()
        self._lock = Lock()

    @property
    def url(self) -> str:
        """Where completions are asked for."""
        return f"http://127.0.0.1:{self.server_port}{COMPLETIONS}"

    @property
    def chats(self) -> str:
        """Where chats are."""
        return f"http://127.0.0.1:{self.server_port}{CHATS}"

    @property
    def asked(self) -> list[str]:
        """The prompts it was sent, in order."""
        return [call.asked for call in self.calls]

    def reply(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> Reply:
        with self._lock:
            call = Call(len(self.calls) + 1, path, headers, body)
            self.calls.append(call)
        return self.script(call)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is no error of the server's."""


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"{}")
        reply = self.server.reply(self.path, dict(self.headers), body)
        if reply.hangs:
            self.server.closing.wait()
        if reply.hangs or reply.drops:
            self.close_connection = True
            return
        content = reply.body.encode()
        headers = {"Content-Length": str(len(content)), **reply.headers}
        lines = [f"HTTP/1.1 {reply.status} told"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "".join(f"{line}\r\n" for line in [*lines, ""]).encode()
        self.close_connection = True
        if not reply.slow:
            self.wfile.write(head + content[: len(content) // 2 if reply.cut else None])
            return
        if reply.slow == "body":
            self.wfile.write(head)
        for byte in content if reply.slow == "body" else head + content:
            self.wfile.write(bytes([byte]))
            if self.server.closing.wait(0.01):
                return

    do_GET = do_PUT = do_POST  # noqa: N815 - a store is asked by these, too

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Says nothing."""


@contextmanager
def serving(script: Script, certificate: Path | None = None) -> Iterator[Server]:
    """A server that runs while the body does; with a file of a certificate and its key, by TLS."""
    server = Server(script)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def self_signed(folder: Path) -> Path:
    """A file with a certificate of localhost that nobody has signed but itself, and its key."""
    key, path = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


def model_script(model: PolicyQALM) -> Script:
    """Answers as a server of ``model`` does, greedily: by transformers' own generation."""
    one_at_a_time = Lock()

    def answer(call: Call) -> Reply:
        prompt = call.body.get("prompt") or model.tokenizer.apply_chat_template(
            call.body["messages"], tokenize=False, add_generation_prompt=True
        )
        with one_at_a_time:
            text, reason, usage = _generated(model, prompt, call.body)
        return says(text, finish_reason=reason, usage=usage, model="smollm2-here")

    return answer


def _generated(
    model: PolicyQALM, prompt: str, body: dict[str, Any]
) -> tuple[str, str, dict[str, int]]:
    """Text up to a stop string, why it ended, and the tokens that took."""
    asked = model.tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
    start, end = asked["input_ids"].shape[1], model.tokenizer.eos_token_id
    made = model.model.generate(
        **asked, max_new_tokens=body["max_tokens"], do_sample=False, pad_token_id=end
    )
    tokens = made[0, start:].tolist()
    text = str(model.tokenizer.decode(tokens, skip_special_tokens=True))
    ended = end in tokens or any(stop in text for stop in body["stop"])
    for stop in body["stop"]:
        text = text.split(stop)[0]
    usage = {"prompt_tokens": start, "completion_tokens": len(tokens)}
    return text, "stop" if ended else "length", usage
