"""Recipe → checkpoint: LoRA adapters that plug in as harness models."""
