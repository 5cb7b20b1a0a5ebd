"""Each campaign gets an address that nobody can guess; those that were sent before, too."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import newsletter.models.campaign


def give_keys(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for campaign in apps.get_model("newsletter", "Campaign").objects.only("pk").iterator():
        campaign.web_key = newsletter.models.campaign.new_web_key()
        campaign.save(update_fields=["web_key"])


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0004_tally'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='web_key',
            field=models.CharField(default='', editable=False, max_length=22),
        ),
        migrations.RunPython(give_keys, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='campaign',
            name='web_key',
            field=models.CharField(default=newsletter.models.campaign.new_web_key, editable=False, max_length=22, unique=True),
        ),
    ]
