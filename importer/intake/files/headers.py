"""What the headers of a table mean, in many languages."""

import re
from collections.abc import Iterator

from importer.intake.files.delimited import Record

WIDEST = 100  # columns that are looked at

# Headers in lower case, with "_" and "-" as blanks. Of two columns with the same meaning, the one
# named first here is it.
_HEADERS = {
    "address": (
        "url|urls|link|links|video url|youtube url|address|adresse|href|video|video id"
        "|video-id|youtube id|watch url|uri|page url|id de vídeo|id de video|id do vídeo"
        "|id vidéo|id de la vidéo|id video|identificador de video|動画 id|影片 id|视频 id"
        "|동영상 id|идентификатор видео|id видео|video kimliği|identyfikator filmu|id filmu"
        "|videolink|источник|lien|enlace|ссылка|id"
    ),
    "title": (
        "title|titel|name|video title|videotitel|titre|título|titulo|titolo|タイトル|标题"
        "|標題|제목|название|tytuł|başlık|nombre|nome|video name|card name|task name"
        "|item name"
    ),
    "note": (
        "note|notes|notiz|notizen|comment|comments|kommentar|description|beschreibung"
        "|anmerkung|selection|document note|nota|notas|remarque|commentaire|メモ|备注|備註"
        "|메모|заметка|excerpt|summary|annotation"
    ),
    "tags": (
        "tags|tag|labels|label|keywords|schlagworte|schlagwörter|stichwörter|document tags"
        "|étiquettes|etiquetas|etichette|タグ|标签|標籤|태그|теги|topics"
    ),
    "folder": (
        "folder|ordner|collection|sammlung|category|kategorie|dossier|carpeta|pasta|cartella"
        "|フォルダ|文件夹|папка|section"
    ),
    "list": (
        "playlist|playlist name|playlist title|playlistname|list|list name|liste"
        "|wiedergabeliste|playlist naam|プレイリスト|播放列表|плейлист"
    ),
    "added": (
        "added|added at|date added|time added|date|datum|created|created at|creation date"
        "|saved date|saved at|hinzugefügt|timestamp|time|playlist video creation timestamp"
        "|zeitstempel|fecha|data|date d'ajout|ajouté|日付|日期|날짜|дата|updated|published"
    ),
    "ignored": (
        "id|cover|image|thumbnail|thumbnail url|favicon|highlights|favorite|favourite|status"
        "|reading progress|location|seen|visibility|privacy|duration|length|dauer|views"
        "|view count|likes|channel|channel name|channel title|channel id|channel url|kanal"
        "|kanalname|uploader|author|autor|position|index|rank|no|nr|#|starred|archived|read"
        "|is read|price|type|kind|lang|language|parent|parent id|word count|domain|site"
        "|mime type|content type|hash|state|unread"
    ),
}


def _places_of(names: str) -> dict[str, int]:
    places = {}
    for place, name in enumerate(names.split("|")):
        places[name] = place
    return places


MEANINGS: dict[str, dict[str, int]] = {}
for _meaning, _names in _HEADERS.items():
    MEANINGS[_meaning] = _places_of(_names)


def columns_of(record: Record) -> range:
    """Return the columns of a row that are looked at."""
    return range(min(WIDEST, len(record.cells)))


def header_of(record: Record, column: int) -> str:
    """Return a header as MEANINGS names it."""
    return re.sub(r"[_\s-]+", " ", record.cell(column).strip("\ufeff").casefold()).strip()


def has_known_name(header: Record) -> bool:
    """Return whether one of the headers means something."""
    for column in columns_of(header):
        name = header_of(header, column)
        for known in MEANINGS.values():
            if name in known:
                return True
    return False


def named_columns(header: Record, address: int) -> dict[str, int]:
    """Return the column of each meaning, of several with the same the one that is named best."""
    columns: dict[str, int] = {}
    places: dict[str, int] = {}
    for column in columns_of(header):
        if column == address:
            continue
        for meaning, place in _meanings_of(header_of(header, column)):
            if meaning not in columns or place < places[meaning]:
                columns[meaning] = column
                places[meaning] = place
    return columns


def _meanings_of(name: str) -> Iterator[tuple[str, int]]:
    """Yield what a header may mean, each with its place."""
    for meaning, names in MEANINGS.items():
        if meaning not in ("address", "ignored") and name in names:
            yield meaning, names[name]
