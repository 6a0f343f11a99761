"""Long files of lots load outside the request: jobs, and what became of each row."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.triggers import append_only

before = import_module("warehouse_receipts.migrations.0004_whole_life")

STATE_STEPS = {
    "intakeimport": "queued>running queued>cancelled running>done running>failed running>cancelled".split()
}

TRIGGERS = [
    *(
        before.steps(f"{table}_takes_steps", f"{before.APP}{table}", "{}.state", allowed)
        for table, allowed in STATE_STEPS.items()
    ),
    before.kept(f"{before.APP}intakeimport"),
    before.fixed("intakeimport", "warehouse_id mode sha256 requested_by", "an import stays what was asked for"),
    *append_only(table=f"{before.APP}intakeimportrow", message="it is never changed"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('warehouse_receipts', '0011_disposals'),
    ]

    operations = [
        migrations.CreateModel(
            name='IntakeImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(max_length=8)),
                ('file_name', models.CharField(max_length=120)),
                ('sha256', models.CharField(max_length=64)),
                ('text', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('queued', '排队中'), ('running', '载入中'), ('done', '已完成'), ('failed', '未完成'), ('cancelled', '已取消')], default='queued', max_length=10)),
                ('requested_by', models.CharField(max_length=150)),
                ('requested_at', models.DateTimeField()),
                ('cancel_asked', models.BooleanField(default=False)),
                ('runner', models.CharField(blank=True, max_length=60)),
                ('lease_until', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('finished_at', models.DateTimeField(null=True)),
                ('rows_total', models.PositiveIntegerField(default=0)),
                ('rows_done', models.PositiveIntegerField(default=0)),
                ('loaded', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('zh', models.CharField(blank=True, max_length=500)),
                ('en', models.CharField(blank=True, max_length=500)),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='warehouse_receipts.warehouse')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='IntakeImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveIntegerField()),
                ('reference', models.CharField(blank=True, max_length=60)),
                ('intake_no', models.CharField(blank=True, max_length=24)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('zh', models.CharField(blank=True, max_length=500)),
                ('en', models.CharField(blank=True, max_length=500)),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='warehouse_receipts.intakeimport')),
            ],
            options={
                'ordering': ['line'],
            },
        ),
        migrations.AddConstraint(
            model_name='intakeimport',
            constraint=models.CheckConstraint(condition=models.Q(('mode__in', ['all', 'good'])), name='intake_import_mode_known'),
        ),
        migrations.AddConstraint(
            model_name='intakeimport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state__in', ['queued', 'running'])), models.Q(('finished_at__isnull', False), ('state__in', ['done', 'failed', 'cancelled']), ('text', '')), _connector='OR'), name='intake_import_finished_once'),
        ),
        migrations.AddConstraint(
            model_name='intakeimport',
            constraint=models.CheckConstraint(condition=models.Q(('loaded__lte', models.F('rows_done')), ('rows_done__lte', models.F('rows_total'))), name='intake_import_within_file'),
        ),
        migrations.AddConstraint(
            model_name='intakeimport',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'running'])), fields=('warehouse',), name='intake_import_one_open'),
        ),
        migrations.AddConstraint(
            model_name='intakeimportrow',
            constraint=models.UniqueConstraint(fields=('job', 'line'), name='intake_import_row_once'),
        ),
        *TRIGGERS,
    ]
