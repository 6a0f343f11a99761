"""Phase changes and fee versions are history: they cannot be rewritten."""

from django.db import migrations

from exchange.kernel.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("markets", "0001_tables"), ("kernel", "0001_kernel")]

    operations = [
        *append_only(table="markets_phasechange", message="a phase change is never rewritten"),
        *append_only(table="markets_feeschedule", message="a fee schedule is never changed: make the next version"),
    ]
