"""Text of others, as it may be shown."""


def printable(text: object) -> str:
    """``text`` on one line, with nothing that steers a terminal: such characters escaped."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in str(text))
