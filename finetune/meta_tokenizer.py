"""
The ``tokenizer.model`` that comes with Meta's weights → a tokenizer of transformers.

Up to LLaMA 2 it is a SentencePiece model, from Llama 3 on a list of byte strings in the order they
are merged in, as tiktoken reads it. Templates of conversations are in neither file.
"""

import base64
import itertools
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.errors import ModelError

_MERGE = re.compile(rb"[A-Za-z0-9+/]+=* \d+")
"""A line of tiktoken's: base64 and rank."""
END_OF_TURN = 9
"""The place of ``<|eot_id|>`` among the special tokens of every Llama 3."""
SPECIAL_TOKENS = 256
"""Special tokens of a Llama 3, named or not."""
_NAMED = {
    0: "begin_of_text",
    1: "end_of_text",
    6: "start_header_id",
    7: "end_header_id",
    END_OF_TURN: "eot_id",
}
_NAMED_LATER = {4: "finetune_right_pad_id", 8: "eom_id", 10: "python_tag"}
"""What the special tokens are called, by place, and what more from Llama 3.1 on; the rest are
reserved."""


def find_tokenizer(folder: Path) -> Path | None:
    """``tokenizer.model`` beside the weights, or above them, where LLaMA 1 and 2 come with it."""
    places = (folder / "tokenizer.model", folder.absolute().parent / "tokenizer.model")
    return next((path for path in places if path.is_file()), None)


def read_tokenizer(path: Path, generation: str, vocabulary: int) -> Any:
    """The tokenizer in ``path``.

    Args:
        path: of a ``tokenizer.model``.
        generation: of the weights (``meta_layout.CONTEXT``); names the special tokens.
        vocabulary: words that the weights have embeddings of.

    Raises:
        ModelError: the file is neither kind, or has more words than the weights. A list of merges
            may not have fewer either: the ids of the special tokens follow from its length.
    """
    try:
        is_merges = _MERGE.fullmatch(path.read_bytes().split(b"\n", 1)[0])
        tokenizer = _from_merges(path, generation) if is_merges else _from_sentencepiece(path)
    except Exception as error:  # Each library has its own; all mean that it cannot be read.
        reason = str(error).strip().split("\n")[0]
        raise ModelError(f"{path} is no tokenizer of Meta's ({reason}); get it again") from error
    if len(tokenizer) > vocabulary or (is_merges and len(tokenizer) < vocabulary):
        raise ModelError(
            f"{path} has {len(tokenizer):,} words and the weights {vocabulary:,}: it belongs to "
            "another model, or is cut short; put the one they came with in its place"
        )
    return tokenizer


def _from_sentencepiece(path: Path) -> Any:
    from transformers import LlamaTokenizer

    with TemporaryDirectory() as folder:  # transformers looks for the file by its name.
        shutil.copyfile(path, Path(folder) / "tokenizer.model")
        return LlamaTokenizer.from_pretrained(folder, legacy=False, add_bos_token=True)


def _from_merges(path: Path, generation: str) -> Any:
    from tokenizers.processors import Sequence, TemplateProcessing
    from transformers import PreTrainedTokenizerFast
    from transformers.convert_slow_tokenizer import TikTokenConverter

    specials = special_tokens(generation)
    converter = TikTokenConverter(str(path), extra_special_tokens=specials)
    # tiktoken's own reader keeps a copy of the file by its path, and would not see a new one there.
    converter.load_tiktoken_bpe = lambda file: _ranks(Path(file))
    backend = converter.converted()
    first = TemplateProcessing(
        single=f"{specials[0]} $A",
        pair=f"{specials[0]} $A {specials[0]} $B",
        special_tokens=[(specials[0], backend.token_to_id(specials[0]))],
    )
    backend.post_processor = Sequence([backend.post_processor, first])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token=specials[0],
        eos_token=specials[1],
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
    )


def _ranks(path: Path) -> dict[bytes, int]:
    """Byte strings by rank; a line holds one in base64, and its rank."""
    pairs = [line.split() for line in path.read_bytes().splitlines() if line]
    ranks = {base64.b64decode(token, validate=True): int(rank) for token, rank in pairs}
    if sorted(ranks.values()) != list(range(len(pairs))):
        raise ValueError("a rank is missing or there twice")
    return ranks


def special_tokens(generation: str) -> list[str]:
    """The 256 special tokens of a Llama 3 or 3.1, which follow its words."""
    named = _NAMED if generation == "Llama 3" else _NAMED | _NAMED_LATER
    numbers = itertools.count()
    return [
        f"<|{named[place]}|>" if place in named else f"<|reserved_special_token_{next(numbers)}|>"
        for place in range(SPECIAL_TOKENS)
    ]
