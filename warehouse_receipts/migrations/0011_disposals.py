"""Receipts the exchange writes off or regrades: proposed by one person, decided by another."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

before = import_module("warehouse_receipts.migrations.0004_whole_life")

STATE_STEPS = {"disposal": "proposed>waiting proposed>refused waiting>done waiting>refused".split()}

TRIGGERS = [
    *(
        before.steps(f"{table}_takes_steps", f"{before.APP}{table}", "{}.state", allowed)
        for table, allowed in STATE_STEPS.items()
    ),
    before.kept(f"{before.APP}disposal"),
    before.fixed("disposal", "kind receipt_id product_number reason proposed_by", "a disposal stays what was proposed"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('warehouse_receipts', '0010_splits_by_statement'),
    ]

    operations = [
        migrations.CreateModel(
            name='Disposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('write_off', '核销'), ('regrade', '换级')], max_length=10)),
                ('product_number', models.BigIntegerField(null=True)),
                ('reason', models.CharField(max_length=500)),
                ('state', models.CharField(choices=[('proposed', '待复核'), ('waiting', '退出交易中'), ('done', '已办理'), ('refused', '未办理')], default='proposed', max_length=10)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('freeze', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='disposal', to='warehouse_receipts.freeze')),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disposals', to='warehouse_receipts.receipt')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('decided_by', models.F('proposed_by')), _negated=True), name='disposal_two_persons'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'proposed')), models.Q(models.Q(('state', 'proposed'), _negated=True), models.Q(('decided_by', ''), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='disposal_decided_by_someone'), models.CheckConstraint(condition=models.Q(models.Q(('freeze__isnull', True), ('kind', 'regrade'), ('product_number__isnull', False)), models.Q(('kind', 'write_off'), ('product_number__isnull', True)), _connector='OR'), name='disposal_regrade_names_product'), models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'waiting'])), fields=('receipt',), name='disposal_one_open')],
            },
        ),
        *TRIGGERS,
    ]
