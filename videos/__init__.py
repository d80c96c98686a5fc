"""What a library is: lists, videos, chapters, transcripts, and how they are shown."""
