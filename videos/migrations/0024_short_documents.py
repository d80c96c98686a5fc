"""PostgreSQL's documents no longer hold what can be made of their other words."""

from django.db import migrations

# The five lines of a document: `videos.search.documents.as_lines`. A document of before has one
# line, with all words in it, and stays as it is; so does this function when the migration is undone.
SEARCH_TOKENS = r"""
CREATE OR REPLACE FUNCTION search_tokens(words text) RETURNS tsvector LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_to_tsvector(
        string_to_array(concat_ws(' ',
            plain, often, long, long_often,
            '²' || replace(NULLIF(concat_ws(' ', often, long_often), ''), ' ', ' ²'),
            '³' || replace(reverse(NULLIF(concat_ws(' ', long, long_often), '')), ' ', ' ³')
        ), ' ')
        || ARRAY(
            SELECT '⁴' || split_part(pair, '⁴', 1) || '⁴' || second
            FROM unnest(string_to_array(pairs, ' ')) AS pair,
                unnest((string_to_array(pair, '⁴'))[2:]) AS second
        )
    )
    FROM (SELECT
        NULLIF(split_part(words, E'\n', 1), '') AS plain,
        NULLIF(split_part(words, E'\n', 2), '') AS often,
        NULLIF(split_part(words, E'\n', 3), '') AS long,
        NULLIF(split_part(words, E'\n', 4), '') AS long_often,
        split_part(words, E'\n', 5) AS pairs
    ) AS lines
$$
"""


def replace_function(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(SEARCH_TOKENS, None)


class Migration(migrations.Migration):

    dependencies = [
        ('videos', '0023_failed_index'),
    ]

    operations = [
        migrations.RunPython(replace_function, migrations.RunPython.noop),
    ]
