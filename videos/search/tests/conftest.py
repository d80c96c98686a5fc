"""For every test of the search's pages."""

from tests.leftovers import nothing_left_over

__all__ = ["nothing_left_over"]
