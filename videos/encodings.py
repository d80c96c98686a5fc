"""Which encoding bytes are in that are neither UTF-8 nor marked: by the language they make sense
in.

charset-normalizer alone takes a short Russian text for Chinese and a Hebrew one for Russian (16 of
27 short samples right), so what people most likely have is tried first: each encoding with the
letters of its own language, of which most of the text must consist.
"""

import codecs
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 40_000  # bytes that are looked at
_ENOUGH = 0.75  # share of the signs beyond ASCII that must be letters of the language
_SURE = 0.05  # by how much the best must be better than the next, where the two read differently

# The commonest characters, by which a language is told that has thousands.
_HAN_SIMPLIFIED = (
    "的一是了我不在人有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么"
    "心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知样现分将外"
    "但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电"
    "今们吗谢请做让吧呢课视频习汉语听说"
)
_HAN_TRADITIONAL = (
    "的一是了我不在人有他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小麼"
    "心多天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知樣現分將外"
    "但身些與高意進把法此實回二理美點月明其種聲全工己話兒者向情部正名定女問力機給等幾很業最間新什打便位因重被走電"
    "今們嗎謝請做讓吧呢課視頻習漢語聽說"
)
_LATIN_WEST = "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœÀÁÂÄÅÆÇÈÉÊËÍÎÑÓÔÖØÚÜŒ"
_LATIN_EAST = "áäąâăćčçďéęëěíîłľňńóöôőŕřśšşťţúůüűýźżžßÁÄĄĆČĎÉĘĚÍÎŁŇÓÖŚŠŞŤŢÚŮÜŽŻ"
_LATIN_TURKISH = "çğıöşüâîûÇĞİÖŞÜ"
_LATIN_BALTIC = "āąčēęėģīįķļņšųūžõäöüĀČĒĖĢĪĶĻŅŠŲŪŽ"
_SIGNS = "–—‘’“”„«»‹›…€№°©®·•¿¡、。，！？：；「」『』（）・～　،؛؟ـ"
# The commonest of them, which are half of any text and more.
_COMMON_WEST = "éèêàâçñáíóúãöäüßåøæô"
_COMMON_EAST = "áéíóúýěščřžąęłśżćöüőűşţăîâđ"
_COMMON_CYRILLIC = "оеаинтсрвлкмдпуі"
_COMMON_GREEK = "αοιετσνηυρπκλμςάίόέή"


@dataclass(frozen=True)
class _Candidate:
    """An encoding, the languages whose texts are in it, the signs that those consist of, and which
    share is the least.
    """

    encoding: str
    languages: tuple[str, ...]
    letters: frozenset[str]
    common: frozenset[str] = frozenset()
    least: float = _ENOUGH
    is_latin: bool = False


def _latin(encoding: str, languages: str, letters: str, common: str) -> _Candidate:
    return _Candidate(
        encoding, tuple(languages.split()), frozenset(letters), frozenset(common), is_latin=True
    )


def _script(encoding: str, languages: str, letters: str, common: str) -> _Candidate:
    return _Candidate(encoding, tuple(languages.split()), frozenset(letters), frozenset(common))


def _han(encoding: str, languages: str, letters: str, least: float) -> _Candidate:
    return _Candidate(encoding, tuple(languages.split()), frozenset(letters), least=least)


def _range(first: str, last: str) -> str:
    return "".join(map(chr, range(ord(first), ord(last) + 1)))


_CYRILLIC = _range("А", "я") + "ЁёЄєІіЇїЎўЈјЉљЊњЋћЌќЂђЏџҐґ"
_KANA = _range("ぁ", "ん") + _range("ァ", "ヶ") + "ー"
_RUSSIAN = "ru uk bg sr mk be"
_WESTERN = "de en fr es it pt nl sv da no nb fi is ca"
_EASTERN = "pl cs sk hu ro hr sl sq"

# Of equals the first is taken.
_CANDIDATES = (
    _latin("cp1252", _WESTERN, _LATIN_WEST, _COMMON_WEST),
    _script("cp1251", _RUSSIAN, _CYRILLIC, _COMMON_CYRILLIC),
    _script("koi8_r", _RUSSIAN, _CYRILLIC, _COMMON_CYRILLIC),
    _script("cp866", _RUSSIAN, _CYRILLIC, _COMMON_CYRILLIC),
    _script("mac_cyrillic", _RUSSIAN, _CYRILLIC, _COMMON_CYRILLIC),
    _han("gb18030", "zh", _HAN_SIMPLIFIED, 0.2),
    _han("big5hkscs", "zh", _HAN_TRADITIONAL, 0.2),
    _han("cp932", "ja", _KANA, 0.3),
    _han("euc_jp", "ja", _KANA, 0.3),
    _han("cp949", "ko", _range("가", "힣"), 0.6),
    _script("cp1253", "el", _range("Α", "ώ") + "Ά", _COMMON_GREEK),
    _script("cp1255", "he iw", _range("א", "ת"), "יוהלאתרבמשנ"),
    _script("cp1256", "ar fa ur", _range("ء", "ي"), "الينمتروبعدسهك"),
    _script("cp874", "th", _range("ก", "๎"), "านรอกเงมยลวดทัี่้ส"),
    _latin("cp1254", "tr az", _LATIN_TURKISH, "ığüşöç"),
    _latin("cp1250", _EASTERN, _LATIN_EAST, _COMMON_EAST),
    _latin("iso8859_2", _EASTERN, _LATIN_EAST, _COMMON_EAST),
    _latin("cp1257", "lt lv et", _LATIN_BALTIC, "āčēėģīķļņšūųžąęį"),
    _latin("mac_roman", _WESTERN, _LATIN_WEST, _COMMON_WEST),
    _latin("cp850", _WESTERN, _LATIN_WEST, _COMMON_WEST),
)
_SWITCHED_CASE = re.compile(r"[a-zß-öø-ÿа-яё][À-ÖØ-ÞА-ЯЁ]|[ß-öø-ÿа-яё][A-Z]")
_STANDS_ALONE = re.compile(r"(?<![^\W\d_])[^\x00-\x7f](?![^\W\d_])")
_GLUED = re.compile(r"[a-z][^\W\d_a-zA-Z]")


def recognise(content: bytes, language: str = "") -> str:
    """Return the encoding of text that is no UTF-8, "" where that cannot be told.

    A `language` (code of the text's own) decides between encodings that fit alike. Looks at SAMPLE
    bytes.
    """
    sample = _telling_part(content)
    code = language.lower().replace("_", "-").split("-")[0]
    fits = _fits_of(sample, code)
    if not fits:
        return _by_charset_normalizer(sample)
    best = fits[0]
    if best.candidate.is_latin or code in best.candidate.languages:
        return best.candidate.encoding
    if _is_sure(best, fits[1:]):
        return best.candidate.encoding
    return ""


@dataclass(frozen=True)
class _Fit:
    """An encoding that a text may have, and what the text then is."""

    score: float
    candidate: _Candidate
    text: str


def _fits_of(sample: bytes, code: str) -> list[_Fit]:
    fits: list[_Fit] = []
    for candidate in _CANDIDATES:
        fit = _fit(sample, candidate, code)
        if fit is not None:
            fits.append(fit)
    return sorted(fits, key=lambda fit: -fit.score)


def _fit(sample: bytes, candidate: _Candidate, code: str) -> _Fit | None:
    text = decoded(sample, candidate.encoding)
    if text is None:
        return None
    score = _score(text, candidate)
    if code and code not in candidate.languages:
        score -= 0.2
    if score < candidate.least:
        return None
    # Where thousands of characters are possible, fewer of them are among the commonest.
    return _Fit(score - candidate.least + _ENOUGH, candidate, text)


def _is_sure(best: _Fit, rivals: Sequence[_Fit]) -> bool:
    """Return whether the best rival with another text is far enough behind."""
    for rival in rivals:
        if _contradict(rival, best):
            return best.score - rival.score >= _SURE
    return True


def _contradict(one: _Fit, other: _Fit) -> bool:
    """Return whether the two are different texts in different languages."""
    shared = set(one.candidate.languages) & set(other.candidate.languages)
    return one.text != other.text and not shared


def decoded(content: bytes, encoding: str) -> str | None:
    """Return the text, None where the bytes are none in that encoding."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        # A sample may end within a character.
        is_end = error.end >= len(content) - 3 and error.start >= len(content) - 4 > 0
        return content[: error.start].decode(encoding, "replace") if is_end else None


def marked(head: bytes) -> str:
    """Return the encoding that the first bytes tell: by a mark, or by where the zeros of UTF-16
    are; "" where they do not.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    pairs = len(head[:4096]) // 2
    if pairs and head[1:4096:2].count(0) > pairs * 0.4:
        return "utf-16-le"
    if pairs and head[0:4096:2].count(0) > pairs * 0.4:
        return "utf-16-be"
    return ""


def is_nearly_utf8(content: bytes) -> bool:
    """Return whether it is UTF-8, but for single bytes that a program broke."""
    good, broken = _utf8_signs(content)
    return not broken or good > 20 * broken


def is_mostly_utf8(content: bytes) -> bool:
    """Return whether more of what is beyond ASCII is UTF-8 than is not: parts of it came from an
    older program.
    """
    good, broken = _utf8_signs(content)
    return good >= broken


def _utf8_signs(content: bytes) -> tuple[int, int]:
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(1 for sign in text if sign > "\x7f") - broken, broken


def _telling_part(content: bytes) -> bytes:
    """Return lines beyond ASCII: of ten thousand those that say something."""
    lines = [line for line in content[: SAMPLE * 10].splitlines() if not line.isascii()]
    return b"\n".join(lines)[:SAMPLE]


def _score(text: str, candidate: _Candidate) -> float:
    """Return which share of the signs beyond ASCII are letters of the language, less what no text
    has.
    """
    foreign = [sign for sign in text if sign > "\x7f"]
    letters = [sign for sign in foreign if sign in candidate.letters]
    signs = _count_of(_SIGNS, foreign)
    if not letters:
        return 1.0 if candidate.encoding == "cp1252" and signs == len(foreign) else 0.0
    strange = 2 * len(_SWITCHED_CASE.findall(text))
    if candidate.is_latin:
        strange += _strange_among_latin(text, candidate, foreign=len(foreign), letters=len(letters))
    else:
        strange += len(_GLUED.findall(text))
    common = _count_of(candidate.common, letters)
    plain_signs = min(signs, max(3, len(letters) // 3))  # a text has few
    return (len(letters) + plain_signs + 0.3 * common - strange) / len(foreign)


def _strange_among_latin(text: str, candidate: _Candidate, *, foreign: int, letters: int) -> int:
    """Return how much of a text is not as in Latin script: letters with marks stand there among
    letters without any.
    """
    strange = _count_of(candidate.letters, _STANDS_ALONE.findall(text))
    plain = sum(1 for sign in text if sign.isascii() and sign.isalpha())
    if letters > plain:
        strange += foreign
    return strange


def _count_of(wanted: Container[str], signs: list[str]) -> int:
    return sum(1 for sign in signs if sign in wanted)


def _by_charset_normalizer(sample: bytes) -> str:
    """Return what the library is sure of: no mess, known words."""
    best = from_bytes(sample).best()
    if best is None or best.chaos > 0.05 or best.coherence < 0.3:
        return ""
    return best.encoding
