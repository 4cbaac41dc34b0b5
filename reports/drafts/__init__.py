"""The page on which drafts are reviewed."""
