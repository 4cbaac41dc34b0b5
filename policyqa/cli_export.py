"""``policyqa export``: a checkpoint, as others load it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from policyqa.progress import Watch
from policyqa.quiet import quieten, stay_offline


def export(
    checkpoint: Annotated[
        str,
        typer.Argument(help="A checkpoint; or, for int8 and GGUF, any Llama model."),
    ],
    out: Annotated[Path, typer.Argument(help="The folder to make.")],
    form: Annotated[
        Literal["merged", "int8", "gguf-f16", "gguf-q8_0"],
        typer.Option(
            "--as",
            help="One model with the adapter in it; an int8 base with the adapter beside it; or "
            "one GGUF file for llama.cpp, Ollama and OpenVINO, in 16 or 8.5 bits a weight.",
        ),
    ] = "merged",
) -> None:
    """Write a checkpoint in a form that others load; prints the folder as the last line."""
    quieten()
    from finetune.checkpoint import find_weights
    from finetune.export import export_weights

    weights = find_weights(checkpoint)
    stay_offline([weights.base])
    watch = Watch()
    with watch.stage(f"exporting as {form}") as advance:
        export_weights(weights, form, out, advance)
    if form == "int8":
        adapter = f",peft={out / 'adapter'}" if weights.adapter else ""
        watch.say(f"lm_eval --model hf --model_args pretrained={out / 'base'}{adapter} …")
    print(out)
