#!/usr/bin/env python
"""Django's command line for Sammelwerk."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(str(problem))
    except Exception as error:
        from videos.disk import is_full_disk_error

        if not is_full_disk_error(error):
            raise
        sys.exit("The disk is full. Make room and run the command again.")


if __name__ == "__main__":
    main()
