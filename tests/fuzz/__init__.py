"""Hostile input: files, answers and saved plans that nobody meant."""
