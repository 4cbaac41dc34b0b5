"""Where the vectors are kept: on a Qdrant server, or in a folder by Qdrant Edge."""
