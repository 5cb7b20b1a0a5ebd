import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("blog", "0005_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReadCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("referrer_host", models.CharField(blank=True, max_length=100)),
                ("count", models.PositiveIntegerField()),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="read_counts",
                        to="blog.article",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="read_count_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("article", "day", "referrer_host"),
                        name="one_read_count_per_article_day_and_host",
                    )
                ],
            },
        ),
    ]
