"""What the exchange oversees: orders to inspect again, counts room by room, rooms that change."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.triggers import append_only

before = import_module("warehouse_receipts.migrations.0004_whole_life")

STATE_STEPS = {"reinspectionorder": "ordered>done ordered>withdrawn".split()}

TRIGGERS = [
    *(
        before.steps(f"{table}_takes_steps", f"{before.APP}{table}", "{}.state", allowed)
        for table, allowed in STATE_STEPS.items()
    ),
    *append_only(table=f"{before.APP}stocktakeroom", message="it is never changed"),
    before.kept(f"{before.APP}reinspectionorder"),
    before.fixed("reinspectionorder", "no intake_id body_id ordered_by", "an order stays what was asked for"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('warehouse_receipts', '0008_weight_corrections'),
    ]

    operations = [
        migrations.AlterField(
            model_name='warehouseproposal',
            name='kind',
            field=models.CharField(choices=[('designate', '指定'), ('change', '变更'), ('suspend', '暂停'), ('resume', '恢复'), ('close', '撤销'), ('room', '增设库间'), ('resize', '变更库间')], max_length=12),
        ),
        migrations.CreateModel(
            name='ReinspectionOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('no', models.CharField(max_length=24, unique=True)),
                ('reason', models.CharField(max_length=500)),
                ('due_on', models.DateField()),
                ('state', models.CharField(choices=[('ordered', '待复检'), ('done', '已出报告'), ('withdrawn', '已撤回')], default='ordered', max_length=10)),
                ('ordered_by', models.CharField(max_length=150)),
                ('ordered_at', models.DateTimeField()),
                ('closed_by', models.CharField(blank=True, max_length=150)),
                ('closed_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='warehouse_receipts.inspectionbody')),
                ('intake', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reinspection_orders', to='warehouse_receipts.intake')),
                ('report', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reinspection_order', to='warehouse_receipts.inspection')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'ordered')), fields=('intake',), name='reinspection_one_open_order'), models.CheckConstraint(condition=models.Q(models.Q(('report__isnull', False), ('state', 'done')), models.Q(models.Q(('state', 'done'), _negated=True), ('report__isnull', True)), _connector='OR'), name='reinspection_done_with_report'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'ordered')), models.Q(models.Q(('state', 'ordered'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='reinspection_closed_once')],
            },
        ),
        migrations.CreateModel(
            name='StockTakeRoom',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product_number', models.BigIntegerField()),
                ('counted_kg', models.BigIntegerField()),
                ('book_kg', models.BigIntegerField()),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counts', to='warehouse_receipts.room')),
                ('stock_take', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='warehouse_receipts.stocktake')),
            ],
            options={
                'ordering': ['room__code', 'product_number'],
                'constraints': [models.UniqueConstraint(fields=('stock_take', 'room', 'product_number'), name='stock_take_room_once'), models.CheckConstraint(condition=models.Q(('counted_kg__gte', 0)), name='stock_take_room_kg')],
            },
        ),
        *TRIGGERS,
    ]
