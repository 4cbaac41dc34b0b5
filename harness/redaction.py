"""
What a server says, without its own secrets.

A server, or a proxy before it, may echo a request with its headers, as they were or encoded anew.
Text in, text out.
"""

import html
import re
from base64 import b64encode
from collections.abc import Iterable

HIDDEN = "[hidden]"
"""Stands where a secret stood."""
_LONG = 8
"""Characters from which a secret is looked for in base64: of fewer, too many words have as many."""


def without(secrets: Iterable[str], text: str, hidden: str = HIDDEN) -> str:
    """``text`` with ``hidden`` for every secret in it, however its characters are written.

    Known are percent-encoding, the escapes of Python and JSON, and HTML's character references,
    mixed and one upon the other; and base64, also of a text that the secret is a part of. A part of
    a secret is not known: redact first, then cut.
    """
    # The longest first: a shorter one may be part of it.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for pattern in ("".join(map(_written, secret)), *_in_base64(secret)):
            text = re.sub(pattern, lambda _: hidden, text)
    return text


def _in_base64(secret: str) -> list[str]:
    """Patterns of its base64 at each of the three places where it may begin within a text."""
    octets = secret.encode("utf-8", "surrogateescape")
    found = []
    for before in range(3 if len(octets) >= _LONG else 0):
        # Six bits a character: the first and the last may be of what stands beside it, too.
        first, last = -(-before * 8 // 6), (before + len(octets)) * 8 // 6
        text = b64encode(bytes(before) + octets).decode()[first:last]
        found.append(re.escape(text).replace(r"\+", "[+-]").replace("/", r"\\?[/_]"))
    return found


def _written(character: str) -> str:
    """A pattern of all the ways to write ``character``."""
    # An environment variable may hold bytes that are no text.
    octets = character.encode("utf-8", "surrogateescape")
    units = character.encode("utf-16-be", "surrogatepass").hex()
    forms = [
        r"\\{0,8}" + re.escape(character),
        re.escape(html.escape(character)),
        "".join(f"%(?:25)*(?i:{octet:02x})" for octet in octets),
        "".join(rf"\\{{1,8}}x(?i:{octet:02x})" for octet in octets),
        "".join(rf"\\{{1,8}}u(?i:{units[at : at + 4]})" for at in range(0, len(units), 4)),
        f"&#(?:0*{ord(character)}|(?i:x0*{ord(character):x}));",
        *([r"\+"] if character == " " else []),
    ]
    return f"(?:{'|'.join(forms)})"
