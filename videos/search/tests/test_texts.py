"""A rough look at kept cues passes over no phrase, whatever characters stand around it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.tiers import examples
from videos.cues import rows_to_text
from videos.search.language import parse
from videos.search.lines import Lines
from videos.search.moments import Finder
from videos.search.texts import Phrases, VideoTexts
from videos.search.tokenizer import join_cues

PIECES = st.one_of(
    st.sampled_from(("in", "the", "end", "Größe", "don’t", "e-mail", "東京タワー", "c++", "½")),
    st.sampled_from(('"', "\\", "\\n", "\\u0041", "😀", "…", "7", "<i>")),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=3),
)
CUES = st.lists(
    st.lists(PIECES, max_size=4).map(" ".join) | st.lists(PIECES, max_size=4).map("\n".join),
    max_size=4,
)
PHRASES = st.lists(PIECES, min_size=2, max_size=3).map(" ".join)


@pytest.mark.parametrize("write", [rows_to_text, json.dumps], ids=["now", "before"])
@settings(max_examples=examples(300))
@given(cues=CUES, phrase=PHRASES)
@example(cues=['he said "in', "the end\\n"], phrase="in the end")
@example(cues=["𠀀😀 the end"], phrase="the end")
@example(cues=["in\nthe\nend"], phrase="in the end")
@example(cues=["Größe\\the\nend"], phrase="the end")
def test_rough_look_passes_over_no_phrase(
    write: Callable[[Any], str], cues: list[str], phrase: str
) -> None:
    question = parse(f'"{phrase.replace(chr(34), " ")}"')
    rows = [[number, number + 1.5, text] for number, text in enumerate(cues)]
    texts = VideoTexts("", "", "", write(rows))
    is_said = bool(Finder(question).spans_in(Lines(join_cues(cues))))
    for term in Phrases(question).wanted:
        assert term.is_in(texts) == is_said
