"""An authority's freeze over a receipt in business: ordered at once, and nothing but its end happens after that."""

from importlib import import_module

from django.db import migrations, models

from exchange.kernel.table_changes import ChangeTables

before = import_module("warehouse_receipts.migrations.0004_whole_life")

FREEZE, SET_ASIDE = "warehouse_receipts_freeze", "warehouse_receipts_setaside"

FREEZE_STEPS = (
    "proposed>ordered proposed>asked proposed>active proposed>refused ordered>asked ordered>active ordered>lifted "
    "ordered>refused asked>ordered asked>active asked>refused active>lifted"
).split()

old_steps = before.steps("freeze_takes_steps", FREEZE, "{}.state", before.STATE_STEPS["freeze"])
new_steps = before.steps("freeze_takes_steps", FREEZE, "{}.state", FREEZE_STEPS)

# What the floor has agreed to before the order enters its business yet, so that the order can end it.
order_stops_all = before.trigger(
    "order_stops_all",
    before.RECEIPT,
    "UPDATE OF state, business",
    when="NEW.state <> OLD.state OR (NEW.business <> OLD.business AND NEW.business NOT IN ('none', 'contract', 'frozen'))",
    checks=(
        (
            f'NOT EXISTS (SELECT 1 FROM "{FREEZE}" f JOIN "{SET_ASIDE}" s ON s.id = f.set_aside_id '
            "WHERE f.receipt_id = NEW.id AND f.state = 'ordered' AND s.holder_no = NEW.holder_no "
            "AND NEW.holder_no = OLD.holder_no AND NEW.set_aside_id IS DISTINCT FROM f.set_aside_id)",
            "an authority has ordered this receipt frozen",
        ),
    ),
)


class Migration(migrations.Migration):

    dependencies = [('warehouse_receipts', '0006_rule_editions')]

    operations = [
        *before.before.taken_down(FREEZE_TRIGGERS := [old_steps, before.kept(FREEZE)]),
        ChangeTables(
            [
                migrations.AlterField(
                    model_name='freeze',
                    name='state',
                    field=models.CharField(choices=[('proposed', '待复核'), ('ordered', '冻结令生效'), ('asked', '撤单中'), ('active', '冻结中'), ('lifted', '已解除'), ('refused', '未执行')], default='proposed', max_length=10),
                ),
                migrations.RemoveConstraint(model_name='freeze', name='freeze_one_open'),
                migrations.AddConstraint(
                    model_name='freeze',
                    constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'ordered', 'asked', 'active'])), fields=('receipt',), name='freeze_one_at_a_time'),
                ),
                migrations.AddConstraint(
                    model_name='freeze',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'ordered'), _negated=True), ('set_aside__isnull', False), _connector='OR'), name='freeze_order_waits_for_something'),
                ),
            ]
        ),
        new_steps,
        before.kept(FREEZE),
        order_stops_all,
    ]
