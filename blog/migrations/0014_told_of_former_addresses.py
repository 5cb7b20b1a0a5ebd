"""Search engines are told of addresses that changed; not of all that did so long ago."""

from django.db import migrations, models
from django.db.models import F


def changed_when_made(apps, schema_editor):
    apps.get_model("blog", "FormerAddress").objects.update(changed_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("blog", "0013_preview_and_changes")]
    operations = [
        migrations.AddField(
            model_name="formeraddress",
            name="changed_at",
            field=models.DateTimeField(auto_now=True),
        ),
        migrations.AddField(
            model_name="formeraddress",
            name="told_engines_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(changed_when_made, migrations.RunPython.noop),
    ]
