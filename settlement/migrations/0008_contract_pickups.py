"""What pickups of receipts fetch of a contract; a delivery goes on when a truck took only a part of it."""

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, refuse

_STEPS = (
    "awaiting_payment breached titled",
    "claimed breached completed departed disputed pickup_booked titled weighed_out",
    "departed breached claimed completed disputed",
    "disputed breached completed",
    "pickup_booked breached claimed completed disputed titled weighed_out",
    "titled breached claimed completed disputed pickup_booked",
    "weighed_out breached claimed completed departed disputed titled",
)
"""Of deliveries: "stage next next …"; new is that goods weighed out may leave in part."""


def _step_trigger(*, part_leaves: bool) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The trigger ``settlement_delivery_steps`` as it is from here on, or as it was before."""
    allowed = " OR ".join(
        f"(OLD.stage = '{before}' AND NEW.stage = '{after}')"
        for before, *afters in map(str.split, _STEPS)
        for after in afters
        if part_leaves or (before, after) != ("weighed_out", "titled")
    )
    fixed = ("trade_id", "contract_no", "seller_no", "buyer_no")
    changed = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in fixed)
    return refuse(
        name="settlement_delivery_steps",
        table="settlement_delivery",
        event="UPDATE",
        when=f"(NEW.stage <> OLD.stage AND NOT ({allowed})) OR {changed}",
        message="no such step, or a term of delivery that is final",
    )


def _replaced() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    (before, drop_before), (after, drop_after) = _step_trigger(part_leaves=False), _step_trigger(part_leaves=True)
    return (
        {vendor: [*drop_before[vendor], *after[vendor]] for vendor in after},
        {vendor: [*drop_after[vendor], *before[vendor]] for vendor in before},
    )


class Migration(migrations.Migration):

    dependencies = [
        ('settlement', '0007_statement_lines'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='delivery',
            name='pickup_code',
        ),
        migrations.CreateModel(
            name='ContractPickup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pickup_no', models.CharField(db_index=True, max_length=24)),
                ('state', models.CharField(default='open', max_length=10)),
                ('kg', models.BigIntegerField(default=0)),
                ('weighed_kg', models.BigIntegerField(default=0)),
                ('over_short_fen', models.BigIntegerField(default=0)),
                ('booked_at_ns', models.BigIntegerField()),
                ('ended_at_ns', models.BigIntegerField(null=True)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pickups', to='settlement.delivery')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'left', 'cancelled'])), name='contract_pickup_state_known'), models.CheckConstraint(condition=models.Q(('kg__gte', 0), ('weighed_kg__gte', 0)), name='contract_pickup_kg'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'left'), _negated=True), models.Q(('ended_at_ns__isnull', False), ('kg__gt', 0)), _connector='OR'), name='contract_pickup_left_with_goods'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'cancelled'), _negated=True), ('kg', 0), _connector='OR'), name='contract_pickup_cancelled_empty'), models.UniqueConstraint(fields=('delivery', 'pickup_no'), name='contract_pickup_once')],
            },
        ),
        VendorSQL(*_replaced()),
        VendorSQL(
            *refuse(
                name="settlement_contractpickup_steps",
                table="settlement_contractpickup",
                event="UPDATE",
                when="NEW.delivery_id <> OLD.delivery_id OR NEW.pickup_no <> OLD.pickup_no "
                "OR (OLD.state <> 'open' AND (NEW.state <> OLD.state OR NEW.kg <> OLD.kg))",
                message="a pickup that is over stays as it is",
            )
        ),
        VendorSQL(
            *refuse(
                name="settlement_contractpickup_stays",
                table="settlement_contractpickup",
                event="DELETE",
                message="a pickup of a contract stays",
            )
        ),
    ]
