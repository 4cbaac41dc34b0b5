"""Which questions a comparison looks at, and which of them depend on one another."""

from collections.abc import Sequence

from harness.errors import ConfigError
from harness.outcomes import Outcome
from harness.pairing import Keep, everything


def questions_where(where: str | None) -> Keep:
    """Which questions ``FIELD=VALUE`` names; None is all.

    A value is compared as JSON and YAML write it: ``answerable=true``, ``framework=eu-gdpr``.

    Raises:
        ConfigError: it has another form.
    """
    if where is None:
        return everything
    name, equals, value = where.partition("=")
    if not (name and equals):
        raise ConfigError(f"{where!r} has not the form FIELD=VALUE, as answerable=true")

    def keep(outcome: Outcome) -> bool:
        found = outcome.document.get(name)
        return (str(found).lower() if isinstance(found, bool) else str(found)) == value

    return keep


def check_have(outcomes: Sequence[Outcome], field: str) -> None:
    """Look whether every question has a field.

    Raises:
        ConfigError: one has not.
    """
    for outcome in outcomes:
        if field not in outcome.document:
            there = ", ".join(map(repr, outcome.document))
            raise ConfigError(
                f"question {outcome.question_id!r} has no field {field!r} to cluster by; it has "
                f"{there:.300}"
            )
