"""The function behind every row's id. See RFC 9562, sections 5.7 and 6.2 (method 3: more precise clock)."""

from django.db import migrations

# 48 bits of milliseconds, 4 of version, 12 of the fraction of the millisecond, 2 of variant, 62 random.
CREATE = """
CREATE FUNCTION azora_uuid7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE AS $function$
    SELECT encode(
        substring(int8send(micros / 1000) from 3)
        || decode(lpad(to_hex(28672 + ((micros % 1000) * 4096 / 1000)::integer), 4, '0'), 'hex')
        || substring(uuid_send(gen_random_uuid()) from 9),
        'hex'
    )::uuid
    FROM (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros) AS clock
$function$;
COMMENT ON FUNCTION azora_uuid7() IS 'The next UUIDv7 (RFC 9562), ordered by time to about a quarter of a microsecond.';
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(CREATE, reverse_sql="DROP FUNCTION azora_uuid7()")]
