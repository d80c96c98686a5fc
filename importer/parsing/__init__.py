"""What people paste, as addresses: pure, without database or network, in linear time, and without
an exception for any text.
"""

from importer.parsing.addresses import (
    Address,
    ChannelAddress,
    ParsedLine,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
)
from importer.parsing.lines import (
    has_usable,
    parse_lines,
    parse_many,
    playlist_beside,
    whole_playlists,
)
from importer.parsing.urls import parse_address

__all__ = [
    "Address",
    "ChannelAddress",
    "ParsedLine",
    "PlaylistAddress",
    "Reason",
    "Unusable",
    "VideoAddress",
    "has_usable",
    "parse_address",
    "parse_lines",
    "parse_many",
    "playlist_beside",
    "whole_playlists",
]
