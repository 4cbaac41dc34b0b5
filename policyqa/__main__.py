"""``python -m policyqa``, for launchers that start a module in several processes."""

from policyqa.cli import main

main()
