"""Months of the research series, as they were published."""

from django.db import migrations, models

from exchange.kernel.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("price_index", "0002_triggers"), ("kernel", "0001_kernel")]

    operations = [
        migrations.CreateModel(
            name="ResearchMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(unique=True)),
                ("method_version", models.CharField(max_length=12)),
                ("figures", models.TextField()),
                ("figures_hash", models.CharField(max_length=64)),
                ("computed_at", models.DateTimeField()),
            ],
            options={"ordering": ["month"]},
        ),
        *append_only(table="price_index_researchmonth", message="a published month of the research series stays"),
    ]
