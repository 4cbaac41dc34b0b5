"""
What all pictures of a page share: their colours, and the way from matplotlib to HTML.

A picture is an ``<svg>`` element that is put inline into a page: its ids begin with its name, its
text takes the font of the page, and its colours are CSS variables of the page, by ``VARIABLES``.
The same comparison gives the same bytes: no date, no random ids, no settings of the user's own
matplotlib.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from harness.text import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

INK, PAPER, MUTED = "#1a1a1a", "#fefefe", "#5c5f66"
ACCENT, GOOD, BAD = "#0b57a4", "#1a7232", "#b3261e"
VARIABLES = {
    "--ink": INK,
    "--paper": PAPER,
    "--muted": MUTED,
    "--accent": ACCENT,
    "--good": GOOD,
    "--bad": BAD,
}
"""The CSS variables that colour a picture, with what they are where a page sets none: what is
drawn and written; the page behind it, in hollow marks; axes, floors and small print; what is
emphasised; what may ship; what is ruled out. They differ, since a colour tells its variable."""
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # Text stays text: smaller, and found by a search.
    "text.parse_math": False,  # A dollar in a name is a dollar.
    "font.size": 9.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "grid.color": MUTED,
    "grid.alpha": 0.25,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
}
"""What differs from matplotlib's own defaults."""
WIDTH = 350.0
"""Of every picture, in points: as wide as a telephone, where its text is as large as written."""
LONGEST = 40
"""Characters of a name that are shown."""
MOST_ROWS = 30
"""Variants, or other rows, that a picture shows."""


@dataclass(frozen=True)
class Picture:
    """A picture, and what stands around it; all texts are plain text, and safe on one line."""

    name: str
    """Its id, which those of its parts begin with."""
    title: str
    svg: str
    """An element to be put into HTML as it is."""
    alternative: str
    """What it shows, in words and figures."""
    note: str = ""
    """What stands below it; may be empty."""
    group: str = ""
    """Pictures of one group may stand side by side, under this as their heading."""


def painted(name: str, title: str, height: float, paint: Callable[["Canvas"], None]) -> str:
    """The element of a picture.

    Args:
        name: of letters, digits and hyphens; of the pictures of a page, each another.
        title: what is read aloud in its place.
        height: in points.
        paint: draws on a canvas of that height, ``WIDTH`` wide.
    """
    from matplotlib.figure import Figure as Canvas

    written = io.StringIO()
    with styled(name):
        canvas = Canvas(figsize=(WIDTH / 72, height / 72), dpi=72)
        paint(canvas)
        canvas.savefig(
            written, format="svg", metadata={"Date": None, "Creator": None}, transparent=True
        )
    return _inline(written.getvalue(), name, title)


@contextmanager
def styled(salt: str) -> Iterator[None]:
    """matplotlib in our style; ids that it makes of what is drawn are salted, else at random."""
    import matplotlib.style

    style: list[str | dict[str, Any]] = ["default", STYLE | {"svg.hashsalt": salt}]
    with matplotlib.style.context(style), warnings.catch_warnings():
        # The page's fonts write the text; that matplotlib's lack a character matters to nobody.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        yield


def shortened(name: str, longest: int = LONGEST) -> str:
    """A name on one line, harmless, and of so many characters at most: its middle is left out."""
    text = printable(name)
    if len(text) <= longest:
        return text
    after = (longest - 1) // 2
    return f"{text[: longest - 1 - after]}…{text[-after:]}"


def _inline(document: str, name: str, title: str) -> str:
    """What matplotlib has written, made an element of a page."""
    root = ElementTree.fromstring(document)  # noqa: S314 - Our own.
    for parent in list(root.iter()):
        for child in list(parent):
            # Its style would be the whole page's, and its metadata say nothing.
            if _local(child.tag) in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = _local(element.tag)
        attributes = {_local(key): _own(value, name) for key, value in element.items()}
        if "id" in attributes:
            attributes["id"] = f"{name}-{attributes['id']}"
        if "style" in attributes:
            attributes["style"] = _recoloured(attributes["style"])
        element.attrib.clear()
        element.attrib.update(attributes)
    root.attrib.clear()
    root.attrib.update(_frame(document, name, title))
    return ElementTree.tostring(root, encoding="unicode")


def _frame(document: str, name: str, title: str) -> dict[str, str]:
    """The attributes of the element itself: as wide as the page lets it be, but text no giant."""
    (box,) = re.findall(r'viewBox="([^"]+)"', document[:1000])
    return {
        "xmlns": "http://www.w3.org/2000/svg",
        "id": name,
        "role": "img",
        "aria-label": title,
        "viewBox": box,
        "style": f"display: block; width: 100%; max-width: {1.6 * WIDTH:g}px; height: auto; "
        "font-family: inherit; stroke-linejoin: round; stroke-linecap: butt",
    }


def _local(name: str) -> str:
    """A tag or key without its namespace, which HTML has none of."""
    return name.rpartition("}")[2]


def _own(value: str, name: str) -> str:
    """The value of an attribute, where it points at an id at that id of this picture."""
    if value.startswith("#"):
        return f"#{name}-{value[1:]}"
    return re.sub(r"^url\(#(.*)\)$", rf"url(#{name}-\1)", value)


def _recoloured(style: str) -> str:
    """A style with the page's colours and font."""
    style = re.sub(r"font-family: [^;]*(; |$)", "", style)
    for variable, colour in VARIABLES.items():
        style = style.replace(colour, f"var({variable}, {colour})")
    return style
