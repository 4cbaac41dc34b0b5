"""
Names of variants → values: ``model/prompt[+context][+key=value…][@precision]``.

An assistant that already exists has no prompt of ours: ``model[+context]``.

Read once, where a suite is read; inside, everyone passes the value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from harness.errors import ConfigError
from harness.models.kinds import ENGINE, FLOOR, FLOORS
from harness.models.precision import PRECISIONS, Precision
from harness.threshold import AnswerThreshold
from harness.variants import Context, Decoding, Model, Prompt, Variant

_FORM = (
    "model/prompt[+context][+k=4][+budget=800][+temperature=0.7][+max_tokens=64][+beams=4][@int8]"
)
FLOOR_ROW = "floor"
"""What stands in place of a model in the name of a floor."""
CONTEXT_SETTINGS = {
    "k": ("retrieved", "withheld"),
    "budget": ("retrieved", "withheld", "oracle", "misled"),
}
"""What a variant may set of its own context, and the sources on which that has an effect."""

_NAME = re.compile(
    r"(?P<model>[^/@+\s]+)(/(?P<prompt>[^/@+\s]+))?(?P<more>(\+[^/@+\s]+)*)"
    r"(@(?P<precision>[^/@+\s]+))?"
)
_SETTING = re.compile(r"(?P<name>[a-z_]+)=(?P<value>.*)")
_WHOLE = re.compile(r"[0-9]{1,6}")
_DECIMAL = re.compile(r"[0-9]{1,2}(\.[0-9]{1,4})?")
_VALUES = {
    **{"k": _WHOLE, "budget": _WHOLE, "max_tokens": _WHOLE},
    **{"temperature": _DECIMAL, "beams": _WHOLE},
}


Part = TypeVar("Part")


@dataclass(frozen=True)
class Tables:
    """What the words of a name stand for."""

    models: Mapping[str, Model]
    prompts: Mapping[str, Prompt]
    contexts: Mapping[str, Context]
    decoding: Decoding
    thresholds: Mapping[str, AnswerThreshold] = field(default_factory=dict)


def read_variant(text: str, tables: Tables) -> Variant:
    """The variant that ``text`` names.

    Raises:
        ConfigError: another form, a word that is in no table, a context that the prompt has no
            place for, or a setting that has no effect.
    """
    try:
        return _read(text, tables)
    except ConfigError as error:
        raise ConfigError(f"variant {text!r}: {error}") from error


def _read(text: str, tables: Tables) -> Variant:
    match = _NAME.fullmatch(text)
    if match is None:
        raise ConfigError(f"it has not the form {_FORM}")
    words = match["more"].split("+")[1:]
    held = [word for word in words if word in tables.thresholds]
    named = [word for word in words if "=" not in word and word not in held]
    given = _settings([word for word in words if "=" in word])
    model, prompt = _asked(match["model"], match["prompt"], tables)
    if named and prompt.context == "none" and not prompt.shows_context and model.kind != "call":
        why = (
            f"{prompt.name}, whose template has no {{context}}"
            if prompt.name
            else "a file of answers, which says itself what was shown"
        )
        raise ConfigError(f"+{named[0]} has no effect on {why}; leave it out")
    for several, what in ((named, "contexts"), (held, "thresholds")):
        if len(several) > 1:
            raise ConfigError(f"it names two {what}, {several[0]} and {several[1]}")
    context = _found("context", (named or [prompt.context])[0], tables.contexts)
    if model.kind == "call" and context.source != "none":
        # What a function is asked with is not only its question, and answers are kept by it.
        prompt = replace(prompt, template="{context}\n\n{question}")
    context = _with_settings(prompt, context, given)
    precision = _precision(match["precision"], model)
    row = "/".join(word for word in (match["model"], prompt.name) if word)
    own = [context.name] if context.name != prompt.context else []
    own += held
    own += [f"{name}={given[name]:g}" for name in _VALUES if name in given]
    return Variant(
        name="+".join([row, *own]) + (f"@{precision}" if precision else ""),
        model=replace(model, precision=precision) if precision else model,
        prompt=prompt,
        context=context,
        decoding=_decoding(model, tables.decoding, given),
        threshold=tables.thresholds[held[0]] if held else None,
    )


def _asked(model: str, prompt: str | None, tables: Tables) -> tuple[Model, Prompt]:
    """Who is asked, and how."""
    if model == FLOOR_ROW and prompt is not None:
        if prompt not in FLOORS:
            raise ConfigError(f"{prompt!r} is no floor; there are {', '.join(FLOORS)}")
        asked = Prompt(prompt, "{question}", FLOORS[prompt])
        return Model(FLOOR_ROW, prompt, engine=FLOOR), asked
    found = _found("model", model, tables.models)
    if found.kind in ("answers", "call"):
        if prompt is None:
            return found, Prompt("", "{question}")
        raise ConfigError(f"{model} is an assistant that is asked its own way: leave /{prompt} out")
    if prompt is None:
        raise ConfigError(f"it names no prompt: {_FORM}; there are {', '.join(tables.prompts)}")
    return found, _found("prompt", prompt, tables.prompts)


def _found(what: str, word: str, table: Mapping[str, Part]) -> Part:
    if not table:
        raise ConfigError(
            f"the suite has no {what}s; name the base of the shipped ones "
            f"({what}: smollm2-135m), or a row of {what}s"
        )
    if word not in table:
        raise ConfigError(f"{what} {word!r} is none of {', '.join(table)}")
    return table[word]


def _precision(word: str | None, model: Model) -> Precision | None:
    if word is not None and word not in PRECISIONS:
        raise ConfigError(f"{word!r} is none of {', '.join(PRECISIONS)}")
    if word is not None and model.engine != ENGINE:
        what = "a floor has" if model.is_floor else f"{model.name} ({model.engine}) has here"
        raise ConfigError(f"{what} no weights in int8 or nf4; leave @{word} out")
    return word


def _settings(words: list[str]) -> dict[str, float]:
    """What a variant sets of its own context and decoding, by name."""
    settings: dict[str, float] = {}
    for word in words:
        match = _SETTING.fullmatch(word)
        form = _VALUES.get(match["name"]) if match and match["name"] not in settings else None
        if not match or form is None or not form.fullmatch(match["value"]):
            raise ConfigError(
                f"+{word} is none of +k=4, +budget=800, +max_tokens=64 and +beams=4 (whole numbers "
                "from 0 to 999999) and +temperature=0.7, each given once"
            )
        settings[match["name"]] = float(match["value"])
    return settings


def _with_settings(prompt: Prompt, context: Context, settings: Mapping[str, float]) -> Context:
    given = {name: int(settings[name]) for name in CONTEXT_SETTINGS if name in settings}
    for name, value in given.items():
        if context.source not in CONTEXT_SETTINGS[name]:
            raise ConfigError(
                f"+{name}={value} has no effect on {prompt.name or 'it'}, whose context is "
                f"{context.source}, only on {', '.join(CONTEXT_SETTINGS[name])}; leave it out"
            )
    return replace(context, **given)  # type: ignore[arg-type]


def _decoding(model: Model, decoding: Decoding, settings: Mapping[str, float]) -> Decoding:
    """The suite's decoding, with what the variant sets; none of it of those that decode nothing, so
    that a function is not called again for what it never sees."""
    given: dict[str, Any] = {
        name: settings[name] for name in ("max_tokens", "temperature", "beams") if name in settings
    }
    if model.kind in ("floor", "answers", "call"):
        if given:
            raise ConfigError(
                f"+{next(iter(given))} has no effect on {model.name}, which decodes nothing; leave "
                "it out"
            )
        return Decoding()
    for name in {"max_tokens", "beams"} & set(given):
        given[name] = int(given[name])
        if not given[name]:
            raise ConfigError(f"+{name}=0 leaves no room for an answer")
    decoding = replace(decoding, **given)
    if decoding.temperature and decoding.beams > 1:
        raise ConfigError("beams search for the likeliest answer, and a temperature draws one")
    if decoding.beams > 1 and model.engine != ENGINE:
        raise ConfigError(
            f"beams are searched by {ENGINE} alone, and {model.name} is asked by {model.engine}: "
            "+beams=1"
        )
    return decoding if decoding.temperature else replace(decoding, repeats=1)
