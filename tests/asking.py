"""What tests put to models, as lm-eval hands it over."""

from typing import Any

from lm_eval.api.instance import Instance

SETTINGS = {"until": ["\n\n"], "max_gen_toks": 12, "do_sample": False}
PROMPTS = ["The controller", "A breach of the rules on data", "Who", "Seventy-two hours after"]


def asked(prompts: list[Any], **settings: Any) -> list[Instance]:
    """These prompts, each of the question whose id and text it is."""
    return [
        Instance(
            "generate_until",
            {"id": prompt, "question": prompt, "context": f"text {prompt}"},
            (prompt, SETTINGS | settings),
            place,
        )
        for place, prompt in enumerate(prompts)
    ]
