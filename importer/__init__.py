"""How addresses come in: parsing, batches, commands, admin, and live progress to the browser."""
