"""A folder with every kind of file that a command reads."""

import csv
import json
import shutil
from contextlib import redirect_stdout
from pathlib import Path

from harness.models.adapter import CONFIG
from harness.models.catalogue import fetch
from tests.conftest import call, write_data
from tests.finetune.meta import params, random_weights, train_sentencepiece, write
from tests.logs import TIME, line, write_log, write_results
from tests.tiny import write_adapter, write_encoder, write_llama

DOCUMENTS = Path(__file__).parents[1] / "tasks" / "drafting" / "folders" / "mixed"
SUITE = """\
name: mine
data: data
floors: [echo, other]
metrics: [bleu, rouge_l, facts, corpus_bleu, over_refusal, false_answer]
claims: claims.yaml
models:
  today: {answers: today.jsonl}
  new: {answers: new.jsonl}
variants: [today, new]
baseline: today
"""
NEAR = """\
name: near
data: learned
split: validation
floors: []
metrics: [facts, over_refusal, false_answer]
decoding: {max_tokens: 4}
k: 1
embedder: encoder
models: {llama: {base: llama}}
variants: [llama/rag]
"""
CLAIMS = """\
claims:
  - claim: new lifts ROUGE-L by 0.01
    source: a test
    baseline: today
    variant: new
    against: today
    conditions:
      - {metric: rouge_l, difference: {at_least: 0.01}}
"""
SQUAD = {"version": "1", "data": [{"title": "Bees", "paragraphs": [{
    "context": "Hives stand 40 metres from any road.",
    "qas": [{"id": "b1", "question": "How far do hives stand from a road?",
             "answers": [{"text": "40 metres", "answer_start": 12}], "is_impossible": False}],
}]}]}  # fmt: skip
OBLIQA = [{"ID": "1", "DocumentID": 1, "PassageID": "1.1", "Passage": "A hive must be marked."}]
UNANSWERABLE = {
    **{"id": "bees-0099", "split": "validation", "framework": "bees", "kind": "threshold"},
    **{"question": "How many queens has a hive?", "answerable": False},
}
RECIPE = """\
weights: sft
model: smollm2-135m
prompt: plain
epochs: 1
limit: 4
"""


def make(folder: Path) -> Path:
    """Fill an empty folder, which is the working directory, with sound files of every kind.

    A cache of its own, ``home``, links the models that are fetched once a machine.
    """
    _models(folder)
    write_data(folder / "learned")
    learned = [json.loads(one) for one in _lines(folder / "learned" / "questions.jsonl")]
    _write_lines(folder / "learned" / "questions.jsonl", [*learned, UNANSWERABLE])
    shutil.copytree(folder / "learned" / "corpus", folder / "twice" / "corpus")
    twice = learned[1] | {"answers": ["Hives, 40 metres."]}
    _write_lines(folder / "twice" / "questions.jsonl", [twice])
    write_data(folder / "data", sections=16)
    rows = [json.loads(one) for one in _lines(folder / "data" / "questions.jsonl")]
    tests = [row | {"split": "test"} for row in rows]
    _write_lines(folder / "data" / "questions.jsonl", tests)
    for name, words in (("today", "It is {answer}"), ("new", "{answer}")):
        answers = [{"id": row["id"], "answer": words.format(**row)} for row in tests]
        _write_lines(folder / f"{name}.jsonl", answers)
    (folder / "suite.yaml").write_text(SUITE)
    (folder / "claims.yaml").write_text(CLAIMS)
    (folder / "near.yaml").write_text(NEAR)
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "squad.json").write_text(json.dumps(SQUAD))
    (folder / "obliqa").mkdir()
    (folder / "obliqa" / "1.json").write_text(json.dumps(OBLIQA))
    (folder / "obliqa" / "ObliQA_test.json").write_text(json.dumps([
        {"QuestionID": "q", "Question": "Must a hive be marked?",
         "Passages": [{"DocumentID": 1, "PassageID": "1.1", "Passage": OBLIQA[0]["Passage"]}]}
    ]))  # fmt: skip
    shutil.copytree(DOCUMENTS, folder / "source")
    (folder / "source" / "questions.csv").write_text(
        "question,answer,evidence\nWho keeps the plot?,The tenant.,allotment-rules.txt\n"
    )
    (folder / "preferences.csv").write_text(
        "question,a,b,preferred,reference\n"
        + "".join(f"Q{n}?,right {n},wrong {n},{'ab'[n % 2]},right {n}\n" for n in range(12))
    )
    for name, shift in (("a", 1), ("b", 0)):
        lines = [line(n, acc=float((n + shift) % 3 == 0)) for n in range(30)]
        write_log(folder / "log", lines, name).rename(folder / "log" / f"{name}.jsonl")
    write_results(folder / "log", {"acc": True}, f"results_{TIME}.json")
    _command("data", "import", "source", "--out", "drafting")
    shutil.copytree(folder / "drafting", folder / "drafted")
    _command("data", "draft", "drafted", "--limit", "20", "--shares", "test=1")
    with (folder / "drafted" / "drafts.csv").open(encoding="utf-8-sig", newline="") as table:
        drafts = list(csv.DictReader(table))
    with (folder / "reviewed.csv").open("w", encoding="utf-8", newline="") as reviewed:
        writer = csv.DictWriter(reviewed, list(drafts[0]))
        writer.writeheader()
        writer.writerows(row | {"status": "accepted"} for row in drafts)
    _command("run", "suite.yaml", "--out", "run")
    _command("run", "near.yaml", "--out", "near")
    with (folder / "earlier.json").open("w") as earlier, redirect_stdout(earlier):
        _command("index", "score", "--data", "learned", "--embedder", "encoder", "--json")
    _command("compare", "run:today", "run:new", "--gate", "--rows", "baseline.csv")
    return folder


def _models(folder: Path) -> None:
    """Models with random weights and real tokenizers: a Llama, an adapter, an encoder, Meta's."""
    llama = write_llama(fetch("smollm2-135m"), folder / "llama")
    adapter = write_adapter(llama, folder / "adapter")
    config = json.loads((adapter / CONFIG).read_text())
    (adapter / CONFIG).write_text(json.dumps(config | {"base_model_name_or_path": "llama"}))
    write_encoder(fetch("minilm-l6"), folder / "encoder")
    write(folder / "meta", random_weights(params()), params())
    train_sentencepiece(folder / "meta", ["A hive stands 40 metres from any road."])


def _command(*arguments: str) -> None:
    status = call(*arguments)
    if status not in (0, 1, 3):
        raise RuntimeError(f"policyqa {' '.join(arguments)} ended with {status}")


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def _write_lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
