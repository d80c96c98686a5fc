"""What an import tells the features that stand on it."""

from django.dispatch import Signal

# Sent once, with `batch`, inside the transaction that finished the import.
import_finished = Signal()
