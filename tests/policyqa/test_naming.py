"""Names of variants: what each word stands for, in one order, and what cannot be meant."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.models.kinds import FLOORS
from harness.models.precision import PRECISIONS
from harness.variants import SOURCES, Prompt
from policyqa.naming import CONTEXT_SETTINGS, Tables, read_variant
from policyqa.suite import Suite

TABLES: Tables = Suite.model_validate(
    {
        "name": "mine",
        "model": "owner/small",
        "models": {
            "quick": {"base": "owner/quick", "precision": "nf4"},
            "stock": {"base": "owner/stock", "engine": "hf"},
        },
        "prompts": {"chat": {"template": "{context} {question}", "context": "wide"}},
        "contexts": {"wide": {"k": 6, "budget": 1200}},
        "thresholds": {"sure": {"likelihood": -1}, "near": {"nearness": 0.5}},
        "variants": ["base/plain"],
        "k": 2,
        "budget": 400,
    }
).tables
WORDS = st.sampled_from([*SOURCES, "wide", "narrow", "sure"])
NUMBERS = st.integers(0, 999_999)
NAMES = st.builds(
    lambda head, words, at: "".join([*head, *(f"+{word}" for word in words), at]),
    st.one_of(
        st.tuples(
            st.sampled_from([f"{name}/" for name in TABLES.models]),
            st.sampled_from(list(TABLES.prompts)),
        ),
        st.tuples(st.just("floor/"), st.sampled_from(list(FLOORS))),
    ),
    st.lists(
        st.one_of(WORDS, *(NUMBERS.map(f"{name}={{:04d}}".format) for name in CONTEXT_SETTINGS)),
        max_size=3,
    ),
    st.sampled_from(["", "", "@int3", *(f"@{precision}" for precision in PRECISIONS)]),
)


NAMED = [  # name as given, as written, row of its context, what it sets of that
    ("base/plain", "base/plain", "none", {}),
    ("sft-rag/rag+k=0@fp32", "sft-rag/rag+k=0@fp32", "retrieved", {"k": 0}),
    ("base/oracle+budget=0", "base/oracle+budget=0", "oracle", {"budget": 0}),
    ("sft/misled+budget=9@nf4", "sft/misled+budget=9@nf4", "misled", {"budget": 9}),
    (
        "sft-rag/rag+budget=0800+k=999999@int8",
        "sft-rag/rag+k=999999+budget=800@int8",
        "retrieved",
        {"k": 999_999, "budget": 800},
    ),
    ("base/rag+oracle", "base/rag+oracle", "oracle", {}),
    ("base/rag+sure+wide+k=1", "base/rag+wide+sure+k=1", "wide", {"k": 1}),
    ("base/plain+near", "base/plain+near", "none", {}),
    ("base/rag+none", "base/rag+none", "none", {}),
    ("base/rag+withheld+k=1", "base/rag+withheld+k=1", "withheld", {"k": 1}),
    ("base/rag+k=1+wide+budget=2", "base/rag+wide+k=1+budget=2", "wide", {"k": 1, "budget": 2}),
    ("base/rag+retrieved", "base/rag", "retrieved", {}),
    ("base/oracle+retrieved", "base/oracle+retrieved", "retrieved", {}),
    ("base/oracle+oracle", "base/oracle", "oracle", {}),
    ("quick/chat", "quick/chat", "wide", {}),
    ("quick/chat+wide", "quick/chat", "wide", {}),
    ("quick/chat+retrieved", "quick/chat+retrieved", "retrieved", {}),
    ("floor/first+wide", "floor/first+wide", "wide", {}),
    ("floor/first+retrieved+k=1", "floor/first+k=1", "retrieved", {"k": 1}),
    *((f"floor/{kind}", f"floor/{kind}", source, {}) for kind, source in FLOORS.items()),
]


@pytest.mark.parametrize(("text", "name", "row", "changes"), NAMED)
def test_a_name_is_read_word_by_word_and_written_in_one_order(
    text: str, name: str, row: str, changes: dict[str, int]
) -> None:
    variant = read_variant(text, TABLES)
    assert variant.name == name
    assert variant.context == replace(TABLES.contexts[row], **changes)
    model, _, prompt = text.partition("@")[0].partition("+")[0].partition("/")
    if model == "floor":
        assert (variant.model.is_floor, variant.model.base) == (True, prompt)
    else:
        precision = text.partition("@")[2] or TABLES.models[model].precision
        assert variant.model == replace(TABLES.models[model], precision=precision)
        assert variant.prompt == TABLES.prompts[prompt]
        assert variant.decoding == TABLES.decoding


def test_a_row_of_a_users_own_is_what_it_says() -> None:
    wide = read_variant("base/rag+wide", TABLES).context
    assert (wide.source, wide.k, wide.budget) == ("retrieved", 6, 1200)
    # What a model's row says of its precision, a name can change.
    assert read_variant("quick/plain", TABLES).model.precision == "nf4"
    assert read_variant("quick/plain@fp32", TABLES).model.precision == "fp32"
    assert TABLES.models["quick"].precision == "nf4"


FORM = "has not the form model/prompt"
REFUSED = [
    *((text, FORM) for text in ["", "base/", "/plain", "a/b/c", "../plain/", " "]),
    *((text, FORM) for text in ["base/rag@int8+k=2", "base/rag++k=2", "base/rag+", "base/rag@"]),
    # What was quoted of these had its line break in it, and the message two lines.
    *((text, FORM) for text in ["base/rag+k=4\n", "base/rag+a\nb", "base/rag+k= 4", "base /rag"]),
    ("base/rag@int8@int8", FORM),
    ("tuned/plain", "model 'tuned' is none of base, sft, sft-rag, quick, stock"),
    ("../plain", r"model '\.\.' is none of"),
    ("Base/plain", "model 'Base' is none of"),
    ("base/poem", "prompt 'poem' is none of plain, rag"),
    ("base/..", r"prompt '\.\.' is none of"),
    ("base/rag+narrow", "context 'narrow' is none of none, retrieved, oracle, misled, withheld, w"),
    ("base/rag+oracle+wide", "names two contexts, oracle and wide"),
    ("base/rag+oracle+oracle", "names two contexts"),
    ("base/rag+sure+near", "names two thresholds, sure and near"),
    ("base/rag+beams=0", "leaves no room for an answer"),
    ("base/rag+beams=2+temperature=1", "beams search for the likeliest answer"),
    ("stock/rag+beams=2", "beams are searched by policyqa-hf alone"),
    ("base/plain+oracle", r"\+oracle has no effect on plain, whose template has no {context}"),
    ("base/plain@int3", "'int3' is none of int8, nf4, bf16, fp32"),
    ("base/rag+k=-1", r"\+k=-1 is none of"),
    ("base/rag+k=1.5", r"\+k=1\.5 is none of"),
    ("base/rag+k=", r"\+k= is none of"),
    ("base/rag+=4", r"\+=4 is none of"),
    ("base/rag+k=1000000", "from 0 to 999999"),
    ("base/rag+k=1e3", "is none of"),
    ("base/rag+k=²", "is none of"),
    ("base/rag+k=٤", "is none of"),
    ("base", "names no prompt: model/prompt.*; there are plain, "),
    ("base/rag+depth=3", r"\+depth=3 is none of \+k=4, \+budget=800"),
    ("base/rag+k=1+k=2", r"\+k=2 is none of .* each given once"),
    ("base/plain+k=2", r"\+k=2 has no effect on plain, .* none, only on retrieved, withheld"),
    ("base/oracle+k=2", r"\+k=2 has no effect on oracle, .* oracle, only on retrieved, withheld"),
    ("base/rag+misled+k=2", r"\+k=2 has no effect on rag, whose context is misled, only on"),
    ("base/engineered+budget=9", "effect on engineered, .* only on retrieved, withheld, oracle, m"),
    ("floor/silence", "'silence' is no floor; there are echo, other, first, sentence"),
    ("floor/plain", "'plain' is no floor"),
    ("floor/first@int8", "a floor has no weights in int8 or nf4; leave @int8 out"),
    ("floor/first@int3", "'int3' is none of"),
    ("floor/echo+k=1", r"\+k=1 has no effect on echo"),
    ("floor/echo+wide", r"\+wide has no effect on echo"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_a_name_that_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        read_variant(text, TABLES)
    assert str(caught.value).startswith(f"variant {text!r}")
    assert "\n" not in str(caught.value)


def test_words_are_looked_up_in_the_tables_alone() -> None:
    without_base = {name: row for name, row in TABLES.models.items() if name != "base"}
    with pytest.raises(ConfigError, match="model 'base' is none of sft, sft-rag, quick"):
        read_variant("base/plain", replace(TABLES, models=without_base))
    own = replace(TABLES, prompts={"plain": Prompt("plain", "Q: {question}")})
    assert read_variant("base/plain", own).prompt.template == "Q: {question}"
    assert read_variant("floor/echo", replace(TABLES, models={})).model.is_floor


@given(NAMES | st.text(alphabet="/+@=abekplgrs0149", max_size=16))
def test_every_name_that_is_read_reads_back_as_it_is_written(text: str) -> None:
    try:
        variant = read_variant(text, TABLES)
    except ConfigError:
        return
    assert read_variant(variant.name, TABLES) == variant
