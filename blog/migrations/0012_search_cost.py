"""What it costs to read a long vector, closer to the truth, and no second process for it.

With 100, PostgreSQL found it cheaper to let all its workers read every article than to ask the
index, as soon as a search was narrowed to a topic or a year.
"""

from django.db import migrations

COST = "ALTER FUNCTION blog_search_whole(tsvector) {}"


def alter(schema_editor, properties):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(COST.format(properties))


def dear(apps, schema_editor):
    alter(schema_editor, "COST 1000 PARALLEL UNSAFE")


def cheap(apps, schema_editor):
    alter(schema_editor, "COST 100 PARALLEL SAFE")


class Migration(migrations.Migration):
    dependencies = [("blog", "0011_public_first")]
    operations = [migrations.RunPython(dear, cheap)]
