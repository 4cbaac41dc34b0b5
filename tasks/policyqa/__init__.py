"""The policy question-answering set as lm-eval tasks."""
