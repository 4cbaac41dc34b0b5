"""vLLM, which has no place on most machines: lm-eval's own class, with a package that stands in."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from harness.runs import read_result
from tests.conftest import completed, refused

ROOT = Path(__file__).parents[2]
PACKAGE = {
    "vllm/__init__.py": """
import json, os
from types import SimpleNamespace

def note(**what):
    with open(os.environ["VLLM_NOTES"], "a") as notes:
        notes.write(json.dumps(what) + "\\n")

class SamplingParams:
    def __init__(self, **given):
        self.given = given

def TokensPrompt(prompt_token_ids):
    return prompt_token_ids

class LLM:
    def __init__(self, **given):
        note(loaded=given)
        config = SimpleNamespace(max_model_len=2048)
        self.llm_engine = SimpleNamespace(model_config=config)

    def generate(self, prompts, sampling_params, use_tqdm, lora_request):
        lora = lora_request and vars(lora_request)
        sampling = [one.given for one in sampling_params]
        note(prompts=prompts, sampling=sampling, lora=lora)
        who = "adapter" if lora else "base"
        text = lambda prompt, one: f"{who} {len(prompt)} {one.given.get('seed')}\\nQuestion: next"
        return [SimpleNamespace(outputs=[SimpleNamespace(text=text(*pair))])
                for pair in zip(prompts, sampling_params)]
""",
    "vllm/lora/__init__.py": "",
    "vllm/lora/request.py": """
class LoRARequest:
    def __init__(self, lora_name, lora_int_id, lora_path):
        self.name, self.number, self.path = lora_name, lora_int_id, lora_path
""",
    "vllm/tokenizers.py": """
from transformers import AutoTokenizer

def get_tokenizer(name, tokenizer_mode, trust_remote_code, revision, **more):
    return AutoTokenizer.from_pretrained(name, **more)
""",
    "vllm/renderers/__init__.py": "",
    "vllm/renderers/hf.py": "def resolve_chat_template(**_): return None",
    "vllm-0.11.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: vllm\nVersion: 0.11.2\n",
}


@pytest.fixture
def suite(
    data: Path, tiny_llama: Path, make_adapter: Callable[[Path], Path], tmp_path: Path
) -> Path:
    (data / "corpus").rename(data / "corpora")
    row = {"engine": "vllm", "options": {"dtype": "float32"}}
    adapter = str(make_adapter(tiny_llama))
    fields = {
        "data": str(data),
        "models": {
            "small": {**row, "base": str(tiny_llama)},
            "tuned": {**row, "base": str(tiny_llama), "adapter": adapter},
        },
        "variants": ["small/plain", "tuned/plain", "small/plain+temperature=0.7"],
        "floors": [],
        "metrics": ["bleu"],
        "batch_size": 2,
        "decoding": {"max_tokens": 9},
    }
    path = tmp_path / "vllm.yaml"
    path.write_text(yaml.safe_dump(fields))
    return path


def test_the_base_is_loaded_once_and_adapters_come_with_the_request(
    suite: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    packages = tmp_path / "packages"
    for name, text in PACKAGE.items():
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text(text)
    written = packages / "notes.jsonl"
    completed(
        [sys.executable, "-m", "policyqa", "run", suite, "--out", tmp_path / "run"],
        PYTHONPATH=os.pathsep.join([str(packages), str(ROOT)]),
        VLLM_NOTES=str(written),
        COLUMNS="200",
    )
    notes = [json.loads(line) for line in written.read_text().splitlines()]

    (loaded,) = [note["loaded"] for note in notes if "loaded" in note]
    wanted = {"model": str(tiny_llama), "dtype": "float32", "enable_lora": True}
    assert loaded == loaded | wanted
    assert loaded["max_lora_rank"] >= 8

    calls = [note for note in notes if "prompts" in note]
    # Three questions, two at once; of the first two each is asked alone as well, unless drawn.
    assert [len(call["prompts"]) for call in calls] == [2, 1, 1, 1] * 2 + [2, 1]
    adapter = yaml.safe_load(suite.read_text())["models"]["tuned"]["adapter"]
    loras = [call["lora"] for call in calls]
    paths = [None] * 4 + [adapter] * 4 + [None] * 2
    assert [lora and lora["path"] for lora in loras] == paths
    assert loras[4] == loras[7]
    assert loras[4]["number"] >= 1

    sampling = [one for call in calls for one in call["sampling"]]
    assert all(one["max_tokens"] == 9 and "\nQuestion:" in one["stop"] for one in sampling)
    assert [one["temperature"] for one in sampling] == [0.0] * 10 + [0.7] * 3
    # Drawn by seeds of their own: vLLM's would depend on what it was asked before.
    assert len({one["seed"] for one in sampling[10:]}) == 3

    for name, who in (("small/plain", "base"), ("tuned/plain", "adapter")):
        texts = [one.text for one in read_result(tmp_path / "run", name).outcomes.values()]
        assert [one.split()[0] for one in texts] == [who] * 3
        assert not any("Question" in one for one in texts)


def test_without_the_package_the_suite_ends_in_one_line_that_says_how_to_get_it(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    error = refused("run", suite)
    assert "engine vllm needs what is not installed" in error
    assert "pip install 'lm_eval[vllm]'" in error
