"""Weights that were wrong are corrected beside the load; fees keep the rate they were computed at."""

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, refuse


class Migration(migrations.Migration):

    dependencies = [
        ('warehouse_receipts', '0007_orders_at_once'),
    ]

    operations = [
        migrations.AddField(
            model_name='storagefee',
            name='rate_fen',
            field=models.BigIntegerField(null=True),
        ),
        migrations.CreateModel(
            name='WeightCorrection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('no', models.CharField(max_length=24, unique=True)),
                ('was_kg', models.BigIntegerField()),
                ('change_kg', models.BigIntegerField()),
                ('reason', models.CharField(max_length=300)),
                ('decision', models.CharField(choices=[('waiting', '待审核'), ('approved', '已通过'), ('refused', '已驳回')], default='waiting', max_length=10)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('load', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='warehouse_receipts.load')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('change_kg', 0), _negated=True), name='weight_correction_changes'), models.CheckConstraint(condition=models.Q(('decided_by', models.F('proposed_by')), _negated=True), name='weight_correction_two_persons'), models.CheckConstraint(condition=models.Q(models.Q(('decided_by', ''), ('decision', 'waiting')), models.Q(models.Q(('decision', 'waiting'), _negated=True), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='weight_correction_decided'), models.UniqueConstraint(condition=models.Q(('decision', 'waiting')), fields=('load',), name='weight_correction_one_open')],
            },
        ),
        VendorSQL(
            *refuse(
                name="weightcorrection_fixed",
                table="warehouse_receipts_weightcorrection",
                event="UPDATE",
                when="OLD.decision <> 'waiting' OR "
                + " OR ".join(
                    f"NEW.{column} <> OLD.{column}"
                    for column in ("no", "load_id", "was_kg", "change_kg", "reason", "proposed_by")
                ),
                message="a correction of a weight is decided once and never changed",
            )
        ),
        VendorSQL(
            *refuse(
                name="weightcorrection_stays",
                table="warehouse_receipts_weightcorrection",
                event="DELETE",
                message="a correction of a weight stays",
            )
        ),
    ]
