"""
Names of variants → values: ``model/prompt[+context][+key=value…][@precision]``.

Read once, where a suite is read; inside, everyone passes the value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from harness.errors import ConfigError
from harness.models.precision import PRECISIONS, Precision
from harness.variants import FLOOR, FLOORS, Context, Decoding, Model, Prompt, Variant

FORM = "model/prompt[+context][+k=4][+budget=800][@int8]"
FLOOR_ROW = "floor"
"""What stands in place of a model in the name of a floor."""
SETTINGS = {
    "k": ("retrieved", "withheld"),
    "budget": ("retrieved", "withheld", "oracle", "misled"),
}
"""What a variant may set of its own context, and the sources on which that has an effect."""

_NAME = re.compile(
    r"(?P<model>[^/@+\s]+)/(?P<prompt>[^/@+\s]+)(?P<more>(\+[^/@+\s]+)*)(@(?P<precision>[^/@+\s]+))?"
)
_SETTING = re.compile(r"(?P<name>[a-z_]+)=(?P<value>.*)")
_NUMBER = re.compile(r"[0-9]{1,6}")


Part = TypeVar("Part")


@dataclass(frozen=True)
class Tables:
    """What the words of a name stand for."""

    models: Mapping[str, Model]
    prompts: Mapping[str, Prompt]
    contexts: Mapping[str, Context]
    decoding: Decoding


def read_variant(text: str, tables: Tables) -> Variant:
    """The variant that ``text`` names.

    Raises:
        ConfigError: another form, a word that is in no table, a context that the prompt has no
            place for, or a setting that has no effect.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        raise ConfigError(f"variant {text!r} has not the form {FORM}")
    words = match["more"].split("+")[1:]
    named = [word for word in words if "=" not in word]
    given = _settings(text, [word for word in words if "=" in word])
    if match["model"] == FLOOR_ROW:
        model, prompt = _floor(text, match["prompt"])
    else:
        model = _found(text, "model", match["model"], tables.models)
        prompt = _found(text, "prompt", match["prompt"], tables.prompts)
    if named and prompt.context == "none" and not prompt.shows_context:
        raise ConfigError(
            f"variant {text!r}: +{named[0]} has no effect on {prompt.name}, whose template has no "
            "{context}; leave it out"
        )
    if len(named) > 1:
        raise ConfigError(f"variant {text!r} names two contexts, {named[0]} and {named[1]}")
    context = _found(text, "context", (named or [prompt.context])[0], tables.contexts)
    context = _with_settings(text, prompt, context, given)
    precision = _precision(text, match["precision"], model)
    own = [context.name] if context.name != prompt.context else []
    own += [f"{name}={given[name]}" for name in SETTINGS if name in given]
    name = "+".join([f"{match['model']}/{prompt.name}", *own])
    return Variant(
        name=f"{name}@{precision}" if precision else name,
        model=replace(model, precision=precision) if precision else model,
        prompt=prompt,
        context=context,
        decoding=tables.decoding,
    )


def _floor(text: str, kind: str) -> tuple[Model, Prompt]:
    if kind not in FLOORS:
        raise ConfigError(f"variant {text!r}: {kind!r} is no floor; there are {', '.join(FLOORS)}")
    return Model(FLOOR_ROW, kind, engine=FLOOR), Prompt(kind, "{question}", FLOORS[kind])


def _found(text: str, what: str, word: str, table: Mapping[str, Part]) -> Part:
    if not table:
        raise ConfigError(
            f"variant {text!r}: the suite has no {what}s; name the base of the shipped ones "
            f"({what}: smollm2-135m), or a row of {what}s"
        )
    if word not in table:
        raise ConfigError(f"variant {text!r}: {what} {word!r} is none of {', '.join(table)}")
    return table[word]


def _precision(text: str, word: str | None, model: Model) -> Precision | None:
    if word is not None and word not in PRECISIONS:
        raise ConfigError(f"variant {text!r}: {word!r} is none of {', '.join(PRECISIONS)}")
    if word is not None and model.is_floor:
        raise ConfigError(f"variant {text!r}: a floor has no weights; leave @{word} out")
    return word


def _settings(text: str, words: list[str]) -> dict[str, int]:
    """What a variant sets of its own context, by name."""
    settings: dict[str, int] = {}
    for word in words:
        match = _SETTING.fullmatch(word)
        known = match and match["name"] in SETTINGS and match["name"] not in settings
        if not match or not known or not _NUMBER.fullmatch(match["value"]):
            raise ConfigError(
                f"variant {text!r}: +{word} is none of +k=4 and +budget=800, each given once, "
                "a whole number from 0 to 999999"
            )
        settings[match["name"]] = int(match["value"])
    return settings


def _with_settings(
    text: str, prompt: Prompt, context: Context, settings: Mapping[str, Any]
) -> Context:
    for name in settings:
        if context.source not in SETTINGS[name]:
            raise ConfigError(
                f"variant {text!r}: +{name}={settings[name]} has no effect on {prompt.name}, whose "
                f"context is {context.source}, only on {', '.join(SETTINGS[name])}; leave it out"
            )
    return replace(context, **settings) if settings else context
