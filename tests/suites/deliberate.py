"""Cases of other projects that come out otherwise on purpose, each with its reason."""

_LENIENT = "a time that is nearly right is read, not dropped"

DELIBERATE: dict[str, str] = {
    "wpt/nulls.vtt": "a NUL is not kept, and a cue of nothing else is none",
    "wpt/timings-60.vtt": _LENIENT,
    "wpt/timings-garbage.vtt": _LENIENT,
    "wpt/timings-too-long.vtt": _LENIENT,
    "wpt/timings-too-short.vtt": _LENIENT,
    "wpt/whitespace-chars.vtt": _LENIENT,
    "pysubs2/test_microdvd/6": "three formats in one text",
    "pysubs2/test_sami/16": "how long the last line lasts is not in the file; we say five seconds",
    "pysubs2/test_sami/17": "how long the last line lasts is not in the file; we say five seconds",
    "pysubs2/test_cli/72": "what layers say twice at the same time is kept once",
    "pysubs2/ttml_example_apple.ttml/94": "its own test reads this file with another option, as we do",
}
