"""Everything of a user as JSON Lines, and back: `dump_library` and `load_library`.

Loading what was dumped and dumping it again gives the same bytes.

A line is an object with a `type`. The first is the header; then come the user's preferences,
webhook and saved searches of all lists, their tags, the videos of their lists, and each list,
followed by its saved searches, its entries (the lowest first), its imports with their items, and
what it follows with what it saw there.

Not in it: what opens the account (password, token), whether mails are wanted, deleted lists, and
messages to the webhook, which would be sent again from elsewhere.
"""

from importer.transfer.dump import dump_library
from importer.transfer.lines import LibraryError
from importer.transfer.load import LoadReport, load_library

__all__ = ["LibraryError", "LoadReport", "dump_library", "load_library"]
