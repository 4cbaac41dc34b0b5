"""Where the vectors are kept: a Qdrant server, Qdrant Edge or qdrant-client's local mode."""
