"""Exit codes of the process that reads an upload, which tell its parent what it may say."""

TOO_MUCH_MEMORY = 97
TOO_MUCH_RESULT = 98
