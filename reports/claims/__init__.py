"""Claims of how variants compare, as data: read, and checked against a run."""
