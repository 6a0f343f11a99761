"""Versions of contract terms, amendments, rescissions, and what they add to contracts and deliveries.

The two new columns may be empty, so SQLite adds them to the tables as they stand and their triggers stay.
"""

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, refuse

_STEPS: dict[tuple[str, str], tuple[str, ...]] = {
    ("settlement_termsversion", "state"): ("proposed approved rejected",),
    ("settlement_amendment", "state"): ("proposed agreed declined expired withdrawn",),
    ("settlement_rescission", "state"): (
        "goods_asked money_asked refused",
        "money_asked abandoned done",
        "proposed goods_asked rejected",
    ),
}
"""By (table, column): "state next next …"."""

_FIXED = {
    "settlement_termsversion": (
        "version effective_from terms document_hash reason proposed_by proposed_at_ns"
    ),
    "settlement_amendment": (
        "amendment_no contract_id changes before reason proposed_by_no proposed_by proposed_at_ns answer_due_ns"
    ),
    "settlement_rescission": "rescission_no delivery_id ground reason refund_fen proposed_by proposed_at_ns",
}
"""Columns that never change. A version or an amendment that is decided does not change at all."""

_DECIDED = ("settlement_termsversion", "settlement_amendment")


def _kept(table: str, column: str) -> list[VendorSQL]:
    """Steps of one table, its fixed columns, and that its rows stay."""
    allowed = " OR ".join(
        f"(OLD.{column} = '{before}' AND NEW.{column} = '{after}')"
        for before, *afters in (line.split() for line in _STEPS[table, column])
        for after in afters
    )
    name = table.removeprefix("settlement_")
    changed = " OR ".join(f'NEW."{fixed}" <> OLD."{fixed}"' for fixed in _FIXED[table].split())
    decided = f" OR OLD.{column} <> 'proposed'" if table in _DECIDED else ""
    return [
        VendorSQL(
            *refuse(
                name=f"settlement_{name}_steps",
                table=table,
                event="UPDATE",
                when=f"(NEW.{column} <> OLD.{column} AND NOT ({allowed})) OR {changed}{decided}",
                message=f"no such step, or a part of {name} that is final",
            )
        ),
        VendorSQL(
            *refuse(name=f"settlement_{name}_stays", table=table, event="DELETE", message=f"{name} stays")
        ),
    ]


class Migration(migrations.Migration):

    dependencies = [
        ('settlement', '0009_store_losses'),
    ]

    operations = [
        migrations.AddField(
            model_name='contract',
            name='lots',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='amended',
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name='TermsVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=20, unique=True)),
                ('effective_from', models.DateField()),
                ('terms', models.JSONField()),
                ('document_hash', models.CharField(max_length=64)),
                ('state', models.CharField(default='proposed', max_length=10)),
                ('reason', models.CharField(max_length=300)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at_ns', models.BigIntegerField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at_ns', models.BigIntegerField(null=True)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'approved', 'rejected'])), name='terms_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='terms_need_two_people'), models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('effective_from',), name='terms_one_version_a_day'), models.CheckConstraint(condition=models.Q(('terms__bond_bps__lte', 2000), ('terms__max_damages_bps__lte', 2000)), name='terms_bond_and_damages_within_the_law')],
            },
        ),
        migrations.CreateModel(
            name='Amendment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amendment_no', models.CharField(max_length=30, unique=True)),
                ('place', models.PositiveSmallIntegerField(null=True)),
                ('changes', models.JSONField()),
                ('before', models.JSONField()),
                ('reason', models.CharField(max_length=300)),
                ('state', models.CharField(default='proposed', max_length=10)),
                ('proposed_by_no', models.PositiveIntegerField()),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at_ns', models.BigIntegerField()),
                ('answer_due_ns', models.BigIntegerField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at_ns', models.BigIntegerField(null=True)),
                ('prev_hash', models.CharField(blank=True, max_length=64)),
                ('document_hash', models.CharField(blank=True, max_length=64)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='amendments', to='settlement.contract')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'agreed', 'declined', 'withdrawn', 'expired'])), name='amendment_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('place__isnull', False), ('state', 'agreed'), models.Q(('document_hash', ''), _negated=True), models.Q(('prev_hash', ''), _negated=True)), models.Q(models.Q(('state', 'agreed'), _negated=True), ('document_hash', ''), ('place__isnull', True)), _connector='OR'), name='amendment_agreed_is_in_the_chain'), models.UniqueConstraint(condition=models.Q(('place__isnull', False)), fields=('contract', 'place'), name='amendment_place_once'), models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('contract',), name='amendment_one_open_per_contract')],
            },
        ),
        migrations.CreateModel(
            name='Rescission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rescission_no', models.CharField(max_length=24, unique=True)),
                ('ground', models.CharField(max_length=6)),
                ('reason', models.CharField(max_length=300)),
                ('refund_fen', models.BigIntegerField()),
                ('state', models.CharField(default='proposed', max_length=12)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at_ns', models.BigIntegerField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at_ns', models.BigIntegerField(null=True)),
                ('finished_at_ns', models.BigIntegerField(null=True)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rescissions', to='settlement.delivery')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'rejected', 'goods_asked', 'refused', 'money_asked', 'done', 'abandoned'])), name='rescission_state_known'), models.CheckConstraint(condition=models.Q(('ground__in', ['breach', 'award']), ('refund_fen__gte', 0)), name='rescission_amounts'), models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'rejected']), models.Q(models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='rescission_needs_two_people'), models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'goods_asked', 'money_asked', 'done'])), fields=('delivery',), name='rescission_one_per_delivery')],
            },
        ),
        VendorSQL(
            *refuse(
                name="settlement_contract_lots_final",
                table="settlement_contract",
                event="UPDATE",
                when="NEW.lots IS DISTINCT FROM OLD.lots",
                message="the goods of a contract are final",
            )
        ),
        *(operation for table, column in _STEPS for operation in _kept(table, column)),
    ]
