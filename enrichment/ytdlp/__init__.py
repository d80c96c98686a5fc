"""A yt-dlp that is newer than the one Sammelwerk came with, kept in DATA_DIR.

versions.py   which versions are there, and which one is in use: one file, replaced as a whole
loading.py    puts the version in use first on `sys.path`, and changes over between two tasks
pip.py        asks pip what is newest, and installs it into a folder of its own
trial.py      tries one in a process of its own: is all that we rely on there, does it extract?
updating.py   ties these together: update, check, roll back; for the command and the beat
watching.py   counts videos that fail with a version nobody has proved yet, and takes it back
offline.py    the made-up answers of YouTube that a trial reads without a network
"""
