"""
What a server says, without its own secrets.

A server, or a proxy before it, may echo a request with its headers, as they were or encoded anew.
Text in, text out.
"""

import html
import re
from collections.abc import Iterable

HIDDEN = "[hidden]"
"""Stands where a secret stood."""


def without(secrets: Iterable[str], text: str) -> str:
    """``text`` with ``HIDDEN`` for every secret in it, however its characters are written.

    Known are percent-encoding, the escapes of Python and JSON, and HTML's character references,
    mixed and one upon the other. A part of a secret is not known: redact first, then cut.
    """
    # The longest first: a shorter one may be part of it.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = re.sub("".join(map(_written, secret)), HIDDEN, text)
    return text


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
