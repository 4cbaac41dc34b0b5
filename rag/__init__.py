"""Documents → passages → Qdrant index → context within a token budget."""
