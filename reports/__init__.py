"""A finished run → something a person looks at."""
