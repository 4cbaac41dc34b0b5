"""Models: the catalogue that fetches them and the class lm-eval drives them with."""
