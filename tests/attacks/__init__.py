"""Attacks on a running installation of this very machine: `make attack`. Nothing here is a test."""
