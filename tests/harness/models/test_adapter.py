"""An adapter tells its base, on another machine too."""

import json
from pathlib import Path

import pytest

from harness.errors import ModelError
from harness.models.adapter import CONFIG, RECORD, base_of


def adapter(folder: Path, base: str | None, trained_on: str) -> Path:
    (folder / CONFIG).write_text(json.dumps({"base_model_name_or_path": base}))
    (folder / RECORD).write_text(json.dumps({"recipe": {"model": trained_on}}))
    return folder


def test_the_base_is_where_it_was_trained_from(tmp_path: Path) -> None:
    assert base_of(adapter(tmp_path, str(tmp_path), "smollm2-135m")) == str(tmp_path)
    assert base_of(adapter(tmp_path, "owner/model", "owner/model")) == "owner/model"


def test_a_base_of_the_catalogue_is_found_on_another_machine(tmp_path: Path) -> None:
    moved = adapter(tmp_path, "/elsewhere/models/smollm2-135m", "smollm2-135m")
    assert base_of(moved) == "smollm2-135m"


def test_a_folder_that_names_no_base_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="names no base model"):
        base_of(adapter(tmp_path, None, "smollm2-135m"))
    (tmp_path / CONFIG).unlink()
    with pytest.raises(ModelError, match=r"is no adapter: it has no adapter_config\.json"):
        base_of(tmp_path)
