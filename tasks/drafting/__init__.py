"""Sections → drafts of questions, which a person reviews before anything is scored on them."""
