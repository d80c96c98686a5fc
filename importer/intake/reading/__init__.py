"""From uploaded files to lines with their addresses: small files at once, large ones in a process
of their own.
"""

from importer.intake.reading.batch import ReadUpload, UploadRefused, judge_lines
from importer.intake.reading.doors import read_each

__all__ = ["ReadUpload", "UploadRefused", "judge_lines", "read_each"]
