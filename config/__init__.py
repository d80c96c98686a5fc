"""The installation: settings, addresses, processes. Nothing imports from here."""
