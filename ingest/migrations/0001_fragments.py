"""The functions behind searching for a part of a name (see `ingest.models.names`)."""

from django.db import migrations

CREATE = r"""
CREATE FUNCTION ingest_fragments(name text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $function$
    SELECT array_to_tsvector(array_agg(DISTINCT substr(word, start)))
    FROM lower(left(name, 100)) AS word, generate_series(1, length(word)) AS start
$function$;
COMMENT ON FUNCTION ingest_fragments(text) IS
    'Every ending of a name (of its first 100 characters), in lower case: begins-with becomes contains.';

CREATE FUNCTION ingest_fragments(names text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $function$
    SELECT array_to_tsvector(array_agg(DISTINCT substr(word, start)))
    FROM unnest(names) AS name, lower(left(name, 100)) AS word, generate_series(1, length(word)) AS start
$function$;
COMMENT ON FUNCTION ingest_fragments(text[]) IS 'The same of several names.';

CREATE FUNCTION ingest_fragment_query(words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
    SELECT string_agg(
        '''' || replace(replace(lower(left(word, 100)), '\', '\\'), '''', '''''') || ''':*', ' & '
    )::tsquery
    FROM regexp_split_to_table(words, '\s+') AS word
    WHERE word <> ''
$function$;
COMMENT ON FUNCTION ingest_fragment_query(text) IS
    'The query for rows whose ingest_fragments contain every one of the words; null where there is no word.';
"""

DROP = """
DROP FUNCTION ingest_fragment_query(text);
DROP FUNCTION ingest_fragments(text[]);
DROP FUNCTION ingest_fragments(text);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("kernel", "0001_uuid7")]
    operations = [migrations.RunSQL(CREATE, reverse_sql=DROP)]
