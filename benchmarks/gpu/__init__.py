"""What a model of LLaMA-2-7B's shape takes and does on a GPU."""
