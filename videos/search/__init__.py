"""Searching everything in a person's library."""
