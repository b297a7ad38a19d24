"""Writes programs made by chance, each with a label of what is true of it. See ../README.md."""
