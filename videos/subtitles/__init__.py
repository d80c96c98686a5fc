"""Subtitle files as people have them, to cues: WebVTT, SubRip, SBV, SubStation, TTML and YouTube's
XML, LRC, JSON, and rarer ones.

Reading is strict about what comes out and lenient about what goes in. Each reader takes text,
raises CuesError for another format, and costs time in proportion to the text.
"""

from videos.subtitles.blocks import read_sbv, read_srt, read_vtt
from videos.subtitles.registry import read_subtitles

__all__ = ["read_sbv", "read_srt", "read_subtitles", "read_vtt"]
