"""A model card says what the record says, and whose licence holds."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from finetune.card import card, license_of
from finetune.checkpoint import Checkpoint, find_weights
from finetune.export import export_weights


def front_matter(text: str) -> dict[str, object]:
    return dict(ModelCard(text).data.to_dict())


@pytest.fixture
def record(trained: Checkpoint) -> dict[str, Any]:
    return deepcopy(trained.record)


def test_a_checkpoint_has_its_card(trained: Checkpoint, tiny_llama: Path) -> None:
    text = (trained.folder / "README.md").read_text()
    head, measured = front_matter(text), trained.record["metrics"]
    assert (head["base_model"], head["library_name"]) == (str(tiny_llama), "peft")
    assert "license" not in head
    assert "unknown." in text
    assert trained.record["determinants"]["questions"]["train"] in text
    assert "| train | 12 | 12 |" in text
    assert f"| validation loss | {measured['validation_loss']:.4g} |" in text
    assert "learning_rate: 0.01" in text
    assert "| torch | 2." in text
    results = {one.metric_type: one.metric_value for one in ModelCard(text).data.eval_results}
    assert results == {name: measured[name] for name in measured if name.startswith("validation")}


def test_an_export_has_the_card_of_its_form(trained: Checkpoint, tmp_path: Path) -> None:
    export_weights(find_weights(str(trained.folder)), "merged", tmp_path / "out")
    head = front_matter((tmp_path / "out" / "README.md").read_text())
    assert head["library_name"] == "transformers"


@pytest.mark.parametrize("text", ["a | b", "x\n# y\n```\n---\n", "<script>", "*[n](u)*", "é: {"])
def test_a_users_text_breaks_neither_front_matter_nor_markdown(
    record: dict[str, Any], text: str
) -> None:
    from markdown_it import MarkdownIt

    record["recipe"] |= {"name": text, "model": text}
    written = card(record)
    assert front_matter(written)["base_model"] == text
    kinds = [
        (token.type, token.content)
        for token in MarkdownIt("commonmark").enable("table").parse(ModelCard(written).text)
    ]
    headings = [kinds[i + 1][1] for i, kind in enumerate(kinds) if kind[0] == "heading_open"]
    assert headings[1:] == ["Data", "Scores", "Recipe", "Versions", "Licence", "Use"]
    assert not any(kind.startswith("html") for kind, _ in kinds)
    assert sum(kind == "fence" for kind, _ in kinds) == 2


def test_terms_of_the_base_are_named_and_linked(record: dict[str, Any]) -> None:
    record["recipe"]["model"] = "gemma3-270m"
    text = card(record)
    head, terms = front_matter(text), "https://ai.google.dev/gemma/terms"
    named = (head["license"], head["license_name"], head["license_link"])
    assert named == ("other", "Gemma Terms of Use", terms)
    assert f"That of the base, `gemma3-270m`: Gemma Terms of Use, {terms}." in text
    record["recipe"]["model"] = "smollm2-135m"
    assert front_matter(card(record))["license"] == "apache-2.0"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, "unknown"),
        ({"README.md": "---\nlicense: llama2\n---\n"}, "llama2"),
        ({"README.md": "---\nbase_model: x\n---\nlicense: mit\n"}, "unknown"),
        ({"README.md": "---\nlicense: [&a [x], *a]\n---\n"}, "unknown"),
        ({"README.md": "---\nlicense: {\n---\n"}, "unknown"),
        ({"README.md": "no front matter\nlicense: x\n", "LICENSE.txt": ""}, "see LICENSE.txt"),
    ],
)
def test_the_licence_is_the_bases(tmp_path: Path, files: dict[str, str], found: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert license_of(str(tmp_path)).startswith(found)
    assert license_of("smollm2-135m") == "Apache-2.0"
    assert license_of("owner/model") == "unknown"
