"""Who broke a contract makes good the other party's fee when it is rescinded; older ones say nothing of it.

The columns may be empty, so SQLite adds them to the table as it stands and its triggers stay.
"""

from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, refuse

_FINAL = VendorSQL(
    *refuse(
        name="settlement_rescission_fee",
        table="settlement_rescission",
        event="UPDATE",
        when="NEW.fee_fen IS DISTINCT FROM OLD.fee_fen OR NEW.fee_bearer IS DISTINCT FROM OLD.fee_bearer",
        message="a part of rescission that is final",
    )
)


class Migration(migrations.Migration):

    dependencies = [
        ('settlement', '0011_unread_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='rescission',
            name='fee_bearer',
            field=models.CharField(max_length=6, null=True),
        ),
        migrations.AddField(
            model_name='rescission',
            name='fee_fen',
            field=models.BigIntegerField(null=True),
        ),
        _FINAL,
    ]
