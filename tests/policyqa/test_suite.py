"""Suites: shipped ones load, tables add rows, bad ones are refused whole, questions are drawn."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from finetune.recipe import recipe_for
from harness.errors import ConfigError
from harness.models.kinds import FLOORS
from harness.variants import Model, Price, Prompt
from policyqa.suite import Suite, load_suite
from tasks.policyqa.prompts import shipped_prompt
from tasks.policyqa.questions import DATA, draw

FLOOR_NAMES = [f"floor/{kind}" for kind in FLOORS]


def written(tmp_path: Path, text: str) -> Suite:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return load_suite(str(path))


def names(suite: Suite) -> list[str]:
    return [variant.name for variant in suite.resolved]


@pytest.mark.parametrize("name", ["quick", "published", "full", "sweep"])
def test_shipped_suites_hold_what_they_are_for(name: str) -> None:
    suite = load_suite(name)
    found = names(suite)
    assert suite.data == DATA
    if name == "sweep":  # The budget, then k, with one checkpoint.
        contexts = [one.context for one in suite.resolved if not one.model.is_floor]
        assert [c.budget for c in contexts if c.k == 20] == [0, 100, 200, 400, 800, 1400, 2000]
        assert sorted(c.k for c in contexts[:-1] if c.budget == 4000) == [0, 1, 2, 4, 8]
        assert found[-1] == "sft-rag/oracle+budget=4000"
        assert (suite.split, suite.limit, suite.published) == ("validation", None, None)
        assert {one.model.name for one in suite.resolved} == {"floor", "sft-rag"}
    elif name == "full":  # The whole matrix.
        asked = ("plain", "engineered", "rag", "oracle", "misled", "rag+withheld")
        matrix = {f"{one}/{prompt}" for one in ("base", "sft", "sft-rag") for prompt in asked}
        assert matrix | {"base/few", "base/chat-rag", "sft-rag/rag+beams=4"} <= set(found)
        assert suite.limit is None
    else:  # The published comparison.
        published = ["base/plain", "sft/plain", "sft/engineered", "sft-rag/rag"]
        # An instruct model: what the published prompts leave of it is shown beside its template.
        in_chat = ["base/chat"] if name == "quick" else []
        assert found == [*FLOOR_NAMES, published[0], *in_chat, *published[1:]]
        assert (suite.split, suite.limit) == ("test", 60 if name == "quick" else None)
        assert (suite.published, suite.claims) == ("llama2-7b", "llama2-7b")
        assert suite.baseline_name == "base/plain"


def test_the_old_word_for_variants_stays_valid(tmp_path: Path) -> None:
    old = written(tmp_path, "model: m\narms: [base/plain, sft-rag/rag+k=4+budget=800@int8]\n")
    assert names(old) == [*FLOOR_NAMES, "base/plain", "sft-rag/rag+k=4+budget=800@int8"]


def test_tables_add_rows_of_models_prompts_and_contexts(tmp_path: Path) -> None:
    suite = written(
        tmp_path,
        "model: m\nk: 3\n"
        "models: {other: {base: o/o, precision: bf16}}\n"
        "prompts: {short: {template: '{context} {question}'}}\n"
        "contexts: {wide: {k: 6, reranker: r/r}}\n"
        "decoding: {max_tokens: 20}\n"
        "variants: [base/plain, other/short+wide, other/short]\nfloors: [first]\n",
    )
    floor, plain, wide, short = suite.resolved
    assert floor.name == "floor/first"
    assert plain.prompt == shipped_prompt("plain")
    assert wide.model == Model("other", "o/o", precision="bf16")
    assert (wide.context.k, wide.context.budget, wide.context.reranker) == (6, 400, "r/r")
    assert short.prompt == Prompt("short", "{context} {question}", "retrieved")
    assert (short.context.name, short.context.k) == ("retrieved", 3)
    assert {one.decoding.max_tokens for one in (plain, wide, short)} == {20}
    assert suite.model_names == ["m", "o/o", "minilm-l6", "r/r"]
    # An encoder is fetched only where it scores.
    text = "model: m\nvariants: [base/plain]\nfloors: []\nencoder: e/e\n"
    assert "e/e" in written(tmp_path, text).model_names
    assert "e/e" not in written(tmp_path, f"{text}metrics: [bleu]\n").model_names


def test_floors_retrieve_with_the_suites_own_context(tmp_path: Path) -> None:
    suite = written(tmp_path, "model: m\nvariants: [base/rag+k=9]\nk: 5\nembedder: e/e\n")
    sentence = next(one for one in suite.resolved if one.name == "floor/sentence")
    assert (sentence.context.source, sentence.context.k) == ("retrieved", 5)
    assert sentence.context.embedder == "e/e"
    echo = next(one for one in suite.resolved if one.name == "floor/echo")
    assert echo.context.source == "none"
    # One stands where it is named.
    text = "model: m\nvariants: [base/plain, floor/sentence]\nfloors: [sentence]\n"
    assert names(written(tmp_path, text)) == ["base/plain", "floor/sentence"]


def test_every_wrong_field_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, "model: m\narms: [base/plain]\nlimit: 0\ncolour: red\n")
    for word in ("mine.yaml", "limit", "colour"):
        assert word in str(caught.value)


REFUSED = [
    ("model: m\narms: []", "at least 1"),
    ("model: m\narms: [base/poem]", "prompt 'poem' is none of plain"),
    ("model: m\narms: [base/plain, base/plain]", "named twice: base/plain"),
    ("model: m\narms: [base/rag+k=1+budget=2, base/rag+budget=2+k=1]", "named twice"),
    ("name: ../x\nmodel: m\narms: [base/plain]", "no name for a folder"),
    ("models: {a/b: {base: m}}\nvariants: [x/plain]", "no name for a folder"),
    ("variants: [base/plain]", "mine.yaml: variant 'base/plain': the suite has no models"),
    ("models: {t: {base: m}}\nvariants: [base/plain]", "model 'base' is none of t"),
]
FIELDS = {
    "baseline: base/rag": "base/rag is none of its",
    "metrics: [beauty]": "no metric 'beauty'",
    "metrics: []": "metrics",
    "floors: [cellar]": "'cellar' is no floor",
    "decoding: {stop: ['']}": "decoding.stop",
    "decoding: {repeats: 3}": "set a temperature",
    "models: {floor: {base: x}}": "named floor",
    "prompts: {p: {template: '{question}', system: Be brief.}}": "system is a chat's",
    "prompts: {p: {template: '{question}', shots: -1}}": "prompts.p.shots",
    "recipes: {dpo: x}": "recipes has dpo",
    "contexts: {w: {source: web}}": "contexts.w.source",
}
MODELS = {
    "{recipe: sft}": "name a base",
    "{base: m, recipe: sft, adapter: a}": "one of them",
    "{base: a/b, recipe: sft, seeds: [7, 7]}": "the seed 7 stands there twice",
    "{base: a/b, seeds: [7]}": "seeds are of a recipe",
    "{answers: a.jsonl, base: a/b}": "answers stands alone in a row; leave base out",
    "{call: 'a:b', price: {input: 1}}": "call stands alone in a row; leave price out",
    "{base: a/b, price: {input: 1}}": "price is of a served model's tokens",
    "{base: a/b, engine: hf, precision: int8}": "precision is of policyqa-hf",
    "{base: a/b, engine: abacus}": "no engine 'abacus' in lm-eval's registry",
    "{base: m, engine: local-completions, recipe: sft}": "weights on this machine",
}
VARIANTS = {
    "today/plain": "today is an assistant that is asked its own way: leave /plain out",
    "today+wide": "a file of answers, which says itself what was shown",
    "ours+temperature=0.5": "has no effect on ours, which decodes nothing",
    "ours@int8": "ours (policyqa-call) has here no weights in int8 or nf4",
    "base/plain+max_tokens=0": "leaves no room for an answer",
    "base/plain+temperature=warm": "is none of +k=4",
}
OWN = """
model: a/b
models: {today: {answers: a.jsonl}, ours: {call: "os.path:join"}}
contexts: {wide: {k: 6}}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *REFUSED,
        *((f"model: m\nvariants: [base/plain]\n{one}", said) for one, said in FIELDS.items()),
        *((f"models: {{t: {one}}}\nvariants: [t/plain]", said) for one, said in MODELS.items()),
        *((f"{OWN}variants: [{one}]", said) for one, said in VARIANTS.items()),
    ],
)
def test_a_suite_that_cannot_be_carried_out_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, f"{text}\n")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("model", "recipe", "found"),
    [
        ("smollm2-135m", "sft-rag", "smollm2-135m-sft-rag"),
        # Names were matched, not models, so that these were never taken.
        ("meta-llama/Llama-2-7b-hf", "sft", "llama2-7b-sft"),
        ("meta-llama/Llama-3.1-8B-Instruct", "sft-rag", "llama3-8b-sft-rag"),
        ("owner/other", "sft", "sft"),
        ("owner/other", "smollm2-135m-sft-quick", "smollm2-135m-sft-quick"),
    ],
)
def test_a_model_is_trained_by_the_recipe_shipped_for_it(
    model: str, recipe: str, found: str
) -> None:
    made = recipe_for(model, recipe)
    assert (made.name, made.model) == (found, model)


def test_questions_are_drawn_by_seed_and_a_smaller_limit_is_a_subset_of_a_larger() -> None:
    assert draw(100, 10, 7) == draw(100, 10, 7)
    assert draw(100, 10, 7) != draw(100, 10, 8)
    assert draw(5, None, 7) == draw(5, 9, 7) == [0, 1, 2, 3, 4]
    drawn: list[set[Any]] = [set(draw(635, limit, 7)) for limit in (5, 60, 61, 300)]
    assert [len(one) for one in drawn] == [5, 60, 61, 300]
    assert all(one < other for one, other in pairwise(drawn))


def test_the_suite_of_the_documentation_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_package").mkdir()
    for module in ("assistant", "judge"):
        (tmp_path / "my_package" / f"{module}.py").write_text(
            "def answer(question, context=''): return context\nfrom docs.judge import Faithfulness"
        )
    text = (Path(__file__).parents[2] / "docs" / "suites.md").read_text()
    fields = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    fields["metrics"].remove("my_package.judge:Faithfulness")
    suite = Suite.model_validate({**fields, "data": DATA})
    assert names(suite)[4:] == fields["variants"]
    found = {one.name: one for one in suite.resolved}
    seeds = [one.replicate for one in found["tuned/rag"].replicates]
    assert seeds == ["seed=7", "seed=8", "seed=9"]
    assert found["served/chat+wide"].model.kind == "served"
    assert found["served/chat+wide"].model.price == Price(0.15, 0.60)
    assert (found["today"].model.kind, found["ours"].model.kind) == ("answers", "call")
    assert found["ours+wide"].prompt.template == "{context}\n\n{question}"
    assert found["small/chat+wide"].context.reranker == "cross-encoder/ms-marco-MiniLM-L6-v2"
    assert found["small/chat"].prompt.shots == 3


def test_repeats_are_of_variants_that_draw(tmp_path: Path) -> None:
    text = "model: m\nfloors: []\ndecoding: {repeats: 3}\n"
    plain, drawn = written(
        tmp_path, f"{text}variants: [base/plain, base/plain+temperature=0.7]\n"
    ).resolved
    assert [one.replicate for one in plain.replicates] == [""]
    assert [one.replicate for one in drawn.replicates] == ["draw=1", "draw=2", "draw=3"]
