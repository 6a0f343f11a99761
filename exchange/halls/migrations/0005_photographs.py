"""Photographs with listings, and those members upload; approved ones stand."""

from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, append_only, refuse


def _final(table):
    return VendorSQL(*refuse(
        name=f"{table}_photos", table=table, event="UPDATE OF photos", message="photographs stand once approved",
        when="OLD.state NOT IN ('draft', 'submitted')",
    ))


class Migration(migrations.Migration):

    dependencies = [
        ('halls', '0004_payments'),
    ]

    operations = [
        # Nullable and without default: SQLite adds the column in place, and the table keeps its triggers.
        migrations.AddField(
            model_name='listing',
            name='photos',
            field=models.JSONField(help_text='SHA-256 of what was sent; see photographs', null=True),
        ),
        migrations.CreateModel(
            name='MemberPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_no', models.BigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('uploaded_by', models.CharField(max_length=150)),
                ('uploaded_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['account_no', 'uploaded_at'], name='member_photo_by_day')],
                'constraints': [models.UniqueConstraint(fields=('account_no', 'sha256'), name='member_photo_once')],
            },
        ),
        *append_only(table='halls_memberphoto', message='uploads are final'),
        _final('halls_listing'),
        _final('halls_auction'),
    ]
