"""
Print how large the page of many answers is, and what a browser takes to show it.

    python -m benchmarks.page --questions 5000

Five variants whose answers, contexts and prompts are of made-up words: forty, and two passages of
a hundred and twenty. Processor time is that of the page's own process, as Chromium counts it; the
time of a filter is from its choice until the list is drawn and laid out.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from reports.page.page import run_page
from reports.page.reading import read_run
from tests.reports.made_up import Sample, made_up_sample, write_run

VARIANTS = ("base/plain", "base/chat", "sft/plain", "sft/engineered", "sft-rag/rag")
FILTERS = ("won", "lost", "changed", "abstained", "all")
WORDS = 6_000
SEED = 7


def many_samples(questions: int) -> dict[str, list[Sample]]:
    """Of each variant as many lines of a log."""
    chance = random.Random(SEED)  # noqa: S311
    words = [
        "".join(chance.choices("aeioubcdfglmnprst", k=chance.randint(2, 9))) for _ in range(WORDS)
    ]

    def text(count: int) -> str:
        return " ".join(chance.choices(words, k=count))

    samples: dict[str, list[Sample]] = {name: [] for name in VARIANTS}
    for number in range(questions):
        question, answer = text(20), text(30)
        context = f"[1] {text(120)}\n[2] {text(120)}"
        for name in VARIANTS:
            cost = {"prompt_tokens": 300.0, "answer_tokens": 60.0, "seconds": 0.5, "price": None}
            level = round(chance.random(), 4)
            ids = [f"law/s{number // 3}", "law/s0"]
            made = made_up_sample(number, level, ids[:1], ids, text(40), cost)
            asked = f"{context}\n{question}"
            made["doc"] |= {"question": question, "answer": answer, "context": context}
            made["arguments"] = {"gen_args_0": {"arg_0": asked}}
            samples[name].append(made)
    return samples


def processor_seconds(session: CDPSession) -> float:
    """Of the page's process so far."""
    found = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in found if one["name"] == "ProcessTime"))


def listed_in(page: Page, control: str, value: str) -> float:
    """Milliseconds from the change of a control until the list is laid out."""
    script = """([id, value]) => {
        const control = document.getElementById(`control-${id}`);
        control.value = value;
        const start = performance.now();
        for (const name of ["input", "change"]) {
            control.dispatchEvent(new Event(name, { bubbles: true }));
        }
        document.getElementById("list").getBoundingClientRect();
        return performance.now() - start;
    }"""
    return float(page.evaluate(script, [control, value]))


def print_page() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--questions", type=int, default=5_000)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        run = read_run(
            write_run(Path(folder) / "run", many_samples(asked.questions), name="many", model="m")
        )
        began = time.process_time()
        file.write_text(run_page(run), encoding="utf-8")
        written, size = time.process_time() - began, file.stat().st_size / 1e6
        print(f"{len(VARIANTS)} variants, {asked.questions} questions")
        print(f"page: {size:.1f} MB, written in {written:.1f} s of processor time")
        for line in seen(file, asked.chromium):
            print(line)


def seen(file: Path, chromium: str) -> list[str]:
    """What a browser takes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        session: Any = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready=yes]", timeout=120_000)
        lines = [f"first usable: {processor_seconds(session):.2f} s of processor time"]
        for value in FILTERS:
            lines.append(f"filter {value}: {listed_in(page, 'show', value):.0f} ms")
        for words in ("some", "some more"):
            lines.append(f"search {words!r}: {listed_in(page, 'search', words):.0f} ms")
        listed_in(page, "search", "")
        began = page.evaluate("performance.now()")
        page.locator("button.open").first.click()
        page.wait_for_selector("dialog[open]")
        lines.append(f"a question opened: {page.evaluate('performance.now()') - began:.0f} ms")
        browser.close()
        return lines


if __name__ == "__main__":
    print_page()
