"""``policyqa convert``: models in other layouts → Hugging Face folders."""

from pathlib import Path
from typing import Annotated

import typer

from policyqa.progress import Watch
from policyqa.quiet import quieten

convert_app = typer.Typer(no_args_is_help=True, help="Models in other layouts.")


@convert_app.callback()
def _keeps_the_name_of_its_one_command() -> None:
    """Models in other layouts."""


@convert_app.command("meta-llama")
def meta_llama(
    source: Annotated[Path, typer.Argument(help="Holds params.json and consolidated.*.pth.")],
    out: Annotated[Path, typer.Argument(help="The Hugging Face folder to make.")],
    context: Annotated[
        int | None,
        typer.Option(help="Tokens the model takes at most; by its generation if unset.", min=1),
    ] = None,
) -> None:
    """Meta's original LLaMA weights → a Hugging Face folder; prints it as the last line."""
    from finetune.folders import size_text
    from finetune.meta_llama import convert_meta_checkpoint, read_meta_checkpoint

    quieten()
    watch = Watch()
    found = read_meta_checkpoint(source, context)
    config = found.config
    watch.say(
        f"{found.params.generation} layout, {len(found.shards)} shards, "
        f"{config.num_hidden_layers} layers, {config.vocab_size:,} words, at most "
        f"{config.max_position_embeddings:,} tokens (--context), output "
        f"{'tied to the embeddings' if config.tie_word_embeddings else 'of its own'}"
    )
    watch.say(f"needs {size_text(found.disk)} of disk and {size_text(found.memory)} of memory")
    if found.tokenizer is None:
        watch.say(
            f"no tokenizer.model in {source} or above it: the weights are converted without one; "
            "put it there and convert again, into another folder"
        )
    with watch.stage("converting") as advance:
        convert_meta_checkpoint(found, out, advance)
    print(out)
