"""Where a video's data comes from: one file, one class, one contract for each source.

`types` says what they answer.
"""
