"""Setting goods aside: one business at a time holds a receipt, and the databases see to it.

SQLite copies a table to change it and forgets its triggers: all of 0002 go down first and up again after.
"""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.table_changes import ChangeTables
from exchange.kernel.triggers import VendorSQL, refuse

before = import_module("warehouse_receipts.migrations.0002_triggers")
trigger = before.trigger

RECEIPT, STOCK, INTAKE, HOLD = before.RECEIPT, before.STOCK, before.INTAKE, before.HOLD
SET_ASIDE = "warehouse_receipts_setaside"
LINE = "warehouse_receipts_setasideline"

SUCCEEDED = "('merged', 'replaced', 'regraded')"

receipt_starts_whole = trigger(
    "receipt_starts_whole",
    RECEIPT,
    "INSERT",
    checks=(
        (
            "NEW.kg = NEW.issued_kg AND NEW.split_kg = 0 AND NEW.held_kg = 0 AND NEW.state = 'issued' "
            "AND NEW.business = 'none'",
            "a receipt starts whole, free and valid",
        ),
    ),
)

successor_stands_for_all = trigger(
    "successor_stands_for_all",
    RECEIPT,
    "INSERT",
    when="NEW.parent_id IS NULL",
    checks=(
        (
            f'COALESCE((SELECT SUM(p.kg) FROM "{RECEIPT}" p WHERE p.successor_id = NEW.id), NEW.kg) = NEW.kg',
            "a successor stands for what its predecessors stood for",
        ),
    ),
)

cancel_frees_stock = trigger(
    "cancel_frees_stock",
    RECEIPT,
    "UPDATE OF state",
    when="NEW.state = 'cancelled' AND OLD.state = 'issued'",
    actions=(
        f'UPDATE "{STOCK}" SET receipted_kg = receipted_kg - OLD.kg '
        "WHERE warehouse_id = OLD.warehouse_id AND product_number = OLD.product_number",
        f'UPDATE "{INTAKE}" SET receipted_kg = receipted_kg - OLD.kg '
        f"WHERE id = OLD.intake_id AND NEW.ended IN {SUCCEEDED}",
    ),
)

hold_on_free_receipt = trigger(
    "hold_counts",
    HOLD,
    "INSERT",
    checks=(
        (
            f'EXISTS (SELECT 1 FROM "{RECEIPT}" r WHERE r.id = NEW.receipt_id '
            "AND r.state = 'issued' AND r.business = 'none' AND r.locked_until IS NULL)",
            "only a valid receipt in no business and out of its resale lock can be held",
        ),
    ),
    actions=(f'UPDATE "{RECEIPT}" SET held_kg = held_kg + NEW.kg WHERE id = NEW.receipt_id',),
)

one_business = VendorSQL(
    *refuse(
        name="receipt_one_business_at_a_time",
        table=RECEIPT,
        event="UPDATE OF business",
        message="a receipt leaves one business before it enters another",
        when="NEW.business <> OLD.business AND NEW.business <> 'none' AND OLD.business <> 'none' "
        "AND NOT (OLD.business = 'pledge' AND NEW.business = 'auction') "
        "AND NOT (OLD.business = 'expired' AND NEW.business = 'pickup')",
    )
)

business_by_set_aside = trigger(
    "receipt_business_by_set_aside",
    RECEIPT,
    "UPDATE OF business, set_aside_id, holder_no",
    when="NEW.set_aside_id IS NOT NULL",
    checks=(
        (
            f'EXISTS (SELECT 1 FROM "{SET_ASIDE}" s WHERE s.id = NEW.set_aside_id AND s.business = NEW.business '
            "AND s.holder_no = NEW.holder_no AND s.product_number = NEW.product_number "
            "AND s.state IN ('requested', 'active'))",
            "a receipt enters a business of its holder by a set-aside",
        ),
    ),
)

set_aside_moves_on = VendorSQL(
    *refuse(
        name="set_aside_moves_on",
        table=SET_ASIDE,
        event="UPDATE OF state",
        message="a set-aside does not go back",
        when="NEW.state <> OLD.state AND NOT (OLD.state = 'requested' AND NEW.state IN ('active', 'refused')) "
        "AND NOT (OLD.state = 'active' AND NEW.state = 'ended')",
    )
)

set_aside_fixed = VendorSQL(
    *refuse(
        name="set_aside_fixed",
        table=SET_ASIDE,
        event="UPDATE",
        message="what was set aside for whom cannot change",
        when=" OR ".join(
            f"NEW.{column} IS DISTINCT FROM OLD.{column}"
            for column in "id holder_no product_number business reference kg floor_kg".split()
        ),
    )
)

line_closes = VendorSQL(
    *refuse(
        name="set_aside_line_closes",
        table=LINE,
        event="UPDATE",
        message="a line of a set-aside only closes",
        when="NEW.receipt_id <> OLD.receipt_id OR NEW.set_aside_id <> OLD.set_aside_id OR NEW.kg <> OLD.kg "
        "OR NEW.open AND NOT OLD.open",
    )
)


def kept(table):
    """Rows of the table are never deleted."""
    return VendorSQL(*refuse(name=f"{table}_kept", table=table, event="DELETE", message="it is never deleted"))


TRIGGERS = [
    *(
        operation
        for operation in before.Migration.operations
        if operation not in (before.receipt_starts_whole, before.cancel_frees_stock, before.hold_on_free_receipt)
    ),
    receipt_starts_whole,
    successor_stands_for_all,
    cancel_frees_stock,
    hold_on_free_receipt,
    one_business,
    business_by_set_aside,
    set_aside_moves_on,
    set_aside_fixed,
    line_closes,
    kept(SET_ASIDE),
    kept(LINE),
]
"""Every trigger of the register as it stands after this migration."""


def taken_down(operations):
    """The same operations, undone in the opposite order."""
    return [VendorSQL(operation.backwards, operation.forwards) for operation in reversed(operations)]


class Migration(migrations.Migration):

    dependencies = [
        ('warehouse_receipts', '0002_triggers'),
    ]

    operations = [
        *taken_down(before.Migration.operations),
        ChangeTables(
            [
                migrations.CreateModel(
                    name='SetAside',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('holder_no', models.BigIntegerField()),
                        ('product_number', models.BigIntegerField()),
                        ('business', models.CharField(choices=[('none', '无'), ('listing', '挂牌'), ('auction', '竞价'), ('negotiated', '协议交易'), ('pledge', '质押'), ('pickup', '提货'), ('change', '拆并换单'), ('frozen', '冻结'), ('disputed', '争议'), ('downgraded', '降等待处理'), ('expired', '已过期'), ('lost', '挂失')], max_length=12)),
                        ('reference', models.CharField(max_length=60)),
                        ('state', models.CharField(choices=[('requested', '等待确认'), ('active', '已占用'), ('ended', '已结束'), ('refused', '已拒绝')], default='requested', max_length=12)),
                        ('kg', models.BigIntegerField()),
                        ('floor_kg', models.BigIntegerField()),
                        ('left_kg', models.BigIntegerField(default=0)),
                        ('hand_backs', models.PositiveIntegerField(default=0)),
                        ('reason', models.CharField(blank=True, max_length=40)),
                        ('actor', models.CharField(max_length=150)),
                        ('created_at', models.DateTimeField()),
                        ('ended_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['pk'],
                        'indexes': [models.Index(fields=['reference'], name='set_aside_by_reference'), models.Index(fields=['holder_no', '-id'], name='set_aside_by_holder')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('floor_kg__gte', 0), ('floor_kg__lte', models.F('kg')), ('kg__gt', 0), ('left_kg__gte', 0), ('left_kg__lte', models.F('kg'))), name='set_aside_kg'), models.CheckConstraint(condition=models.Q(('business__in', ('listing', 'auction', 'negotiated', 'pledge', 'pickup', 'change', 'frozen', 'disputed', 'downgraded', 'expired', 'lost'))), name='set_aside_business_known'), models.CheckConstraint(condition=models.Q(models.Q(('left_kg__gt', 0), ('state', 'active')), models.Q(('left_kg', 0), ('state__in', ['requested', 'ended', 'refused'])), _connector='OR'), name='set_aside_left_while_active')],
                    },
                ),
                migrations.CreateModel(
                    name='SetAsideLine',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kg', models.BigIntegerField()),
                        ('open', models.BooleanField(default=True)),
                        ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='set_aside_lines', to='warehouse_receipts.receipt')),
                        ('set_aside', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='warehouse_receipts.setaside')),
                    ],
                    options={
                        'ordering': ['receipt_id'],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('open', True)), fields=('receipt',), name='receipt_set_aside_once'), models.CheckConstraint(condition=models.Q(('kg__gt', 0)), name='set_aside_line_positive')],
                    },
                ),
                migrations.RemoveConstraint(
                    model_name='receipt',
                    name='receipt_state_known',
                ),
                migrations.RemoveIndex(
                    model_name='receipt',
                    name='receipt_free',
                ),
                migrations.AddField(
                    model_name='receipt',
                    name='business',
                    field=models.CharField(choices=[('none', '无'), ('listing', '挂牌'), ('auction', '竞价'), ('negotiated', '协议交易'), ('pledge', '质押'), ('pickup', '提货'), ('change', '拆并换单'), ('frozen', '冻结'), ('disputed', '争议'), ('downgraded', '降等待处理'), ('expired', '已过期'), ('lost', '挂失')], default='none', max_length=12),
                ),
                migrations.AddField(
                    model_name='receipt',
                    name='ended',
                    field=models.CharField(blank=True, choices=[('delivered', '已出库'), ('merged', '已合并'), ('replaced', '已补发'), ('regraded', '已换级'), ('written_off', '已核销')], default='', max_length=12),
                ),
                migrations.AddField(
                    model_name='receipt',
                    name='successor',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='predecessors', to='warehouse_receipts.receipt'),
                ),
                migrations.AddField(
                    model_name='receipt',
                    name='set_aside',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='warehouse_receipts.setaside'),
                ),
                migrations.AddIndex(
                    model_name='receipt',
                    index=models.Index(condition=models.Q(('business', 'none'), ('kg__gt', models.F('held_kg')), ('locked_until__isnull', True), ('state', 'issued')), fields=['holder_no', 'product_number', 'id'], name='receipt_free'),
                ),
                migrations.AddIndex(
                    model_name='receipt',
                    index=models.Index(condition=models.Q(('set_aside__isnull', False)), fields=['set_aside'], name='receipt_set_aside'),
                ),
                migrations.AddIndex(
                    model_name='receipt',
                    index=models.Index(condition=models.Q(('successor__isnull', False)), fields=['successor'], name='receipt_successor'),
                ),
                migrations.AddConstraint(
                    model_name='receipt',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended', ''), ('state', 'issued')), models.Q(('business', 'none'), ('ended__in', ['delivered', 'merged', 'replaced', 'regraded', 'written_off']), ('held_kg', 0), ('state', 'cancelled')), _connector='OR'), name='receipt_state_known'),
                ),
                migrations.AddConstraint(
                    model_name='receipt',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('business', 'none'), ('set_aside__isnull', True)), models.Q(('business__in', ('listing', 'auction', 'negotiated', 'pledge', 'pickup', 'change', 'frozen', 'disputed', 'downgraded', 'expired', 'lost')), ('held_kg', 0), ('set_aside__isnull', False)), _connector='OR'), name='receipt_one_business'),
                ),
                migrations.AddConstraint(
                    model_name='receipt',
                    constraint=models.CheckConstraint(condition=models.Q(('successor__isnull', True), ('ended__in', ('merged', 'replaced', 'regraded')), _connector='OR'), name='receipt_succession'),
                ),
            ]
        ),
        *TRIGGERS,
    ]
