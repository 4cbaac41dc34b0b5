"""What is asked: data, prompts, lm-eval YAML, the task class."""
