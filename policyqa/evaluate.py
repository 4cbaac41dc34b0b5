"""``policyqa eval``: lm-eval's own command line with our tasks and model class registered."""

import sys
from collections.abc import Sequence

from policyqa.quiet import without_git_errors
from tasks.registration import TASKS


def lm_eval_command(arguments: Sequence[str]) -> None:
    """Run lm-eval with ``arguments``, adding ``--include_path`` unless they have one."""
    from lm_eval.__main__ import cli_evaluate

    import harness.models.floors
    import harness.models.policyqa_hf  # noqa: F401  Both register a --model.

    wanted = list(arguments)
    if not any(word.split("=")[0] == "--include_path" for word in wanted):
        wanted += ["--include_path", str(TASKS)]
    sys.argv = ["lm_eval", *wanted]
    with without_git_errors():
        cli_evaluate()
