"""The command: suite in, run out."""
