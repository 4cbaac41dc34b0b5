"""A run as one HTML file that opens from disk: the verdict, pictures, answers and tables."""
