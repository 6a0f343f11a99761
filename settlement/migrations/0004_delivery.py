"""Delivery and what follows it: charges, claims, breaches, disputes, invoices; payment variants of contracts.

SQLite makes the table of contracts anew, which loses its triggers; ``0005_delivery_triggers`` puts them up.
"""

import django.db.models.deletion
from importlib import import_module

from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, refuse


_BEFORE = import_module("settlement.migrations.0002_ledger_triggers")

_TERMS = refuse(
    name="settlement_contract_terms_final",
    table="settlement_contract",
    event="UPDATE",
    when="(OLD.status = 'completed' AND NEW.status <> 'completed') OR "
    + _BEFORE._changed(_BEFORE._CONTRACT_TERMS),
    message="the terms of a contract are final",
)
_STAYS = refuse(
    name="settlement_contract_stays", table="settlement_contract", event="DELETE", message="contracts stay"
)


class Migration(migrations.Migration):

    dependencies = [
        ('settlement', '0003_ledger_in_full'),
    ]

    operations = [
        VendorSQL(_TERMS[1], _TERMS[0]),
        VendorSQL(_STAYS[1], _STAYS[0]),
        migrations.CreateModel(
            name='Breach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('breach_no', models.CharField(max_length=24, unique=True)),
                ('party', models.CharField(max_length=6)),
                ('ground', models.CharField(max_length=16)),
                ('reason', models.CharField(max_length=300)),
                ('state', models.CharField(default='noticed', max_length=12)),
                ('damages_bps', models.PositiveSmallIntegerField()),
                ('damages_fen', models.BigIntegerField()),
                ('cure_due_ns', models.BigIntegerField()),
                ('replacement_no', models.CharField(blank=True, max_length=24)),
                ('noticed_at_ns', models.BigIntegerField()),
                ('noticed_by', models.CharField(max_length=150)),
                ('finished_at_ns', models.BigIntegerField(null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Charge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('charge_key', models.CharField(max_length=80, unique=True)),
                ('purpose', models.CharField(max_length=20)),
                ('account_no', models.PositiveIntegerField()),
                ('amount_fen', models.BigIntegerField()),
                ('legs', models.JSONField()),
                ('reference', models.CharField(max_length=80)),
                ('contract_no', models.CharField(blank=True, max_length=24)),
                ('state', models.CharField(default='requested', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=1)),
                ('engine_seq', models.BigIntegerField(null=True)),
                ('asked_at_ns', models.BigIntegerField()),
                ('finished_at_ns', models.BigIntegerField(null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('claim_no', models.CharField(max_length=24, unique=True)),
                ('kind', models.CharField(max_length=8)),
                ('text', models.CharField(max_length=1000)),
                ('wanted_fen', models.BigIntegerField()),
                ('findings', models.JSONField()),
                ('settled_fen', models.BigIntegerField(default=0)),
                ('state', models.CharField(default='filed', max_length=12)),
                ('answer_due_ns', models.BigIntegerField()),
                ('reinspection_due_ns', models.BigIntegerField(null=True)),
                ('report_no', models.CharField(blank=True, max_length=40)),
                ('stage_before', models.CharField(max_length=16)),
                ('filed_at_ns', models.BigIntegerField()),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('contract', models.OneToOneField(db_column='trade_id', on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='settlement.contract', to_field='trade_id')),
                ('contract_no', models.CharField(max_length=24, unique=True)),
                ('seller_no', models.PositiveIntegerField()),
                ('buyer_no', models.PositiveIntegerField()),
                ('stage', models.CharField(db_default='titled', max_length=16)),
                ('next_due_ns', models.BigIntegerField(null=True)),
                ('deposit_used_fen', models.BigIntegerField(db_default=0)),
                ('pickup_code', models.CharField(blank=True, db_default='', max_length=12)),
                ('pickup_plate', models.CharField(blank=True, db_default='', max_length=16)),
                ('pickup_person', models.CharField(blank=True, db_default='', max_length=60)),
                ('pickup_at_ns', models.BigIntegerField(null=True)),
                ('net_kg', models.BigIntegerField(null=True)),
                ('weighed_at_ns', models.BigIntegerField(null=True)),
                ('left_at_ns', models.BigIntegerField(null=True)),
                ('over_short_fen', models.BigIntegerField(db_default=0)),
                ('adjustment_fen', models.BigIntegerField(db_default=0)),
                ('completed_at_ns', models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='DisputeCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case_no', models.CharField(max_length=24, unique=True)),
                ('opened_by_no', models.PositiveIntegerField(null=True)),
                ('text', models.CharField(max_length=1000)),
                ('state', models.CharField(default='open', max_length=12)),
                ('mediator', models.CharField(blank=True, max_length=150)),
                ('mediation_due_ns', models.BigIntegerField()),
                ('payer', models.CharField(blank=True, max_length=6)),
                ('award_fen', models.BigIntegerField(default=0)),
                ('award_text', models.CharField(blank=True, max_length=1000)),
                ('proposed_by', models.CharField(blank=True, max_length=150)),
                ('seller_agrees', models.BooleanField(default=False)),
                ('buyer_agrees', models.BooleanField(default=False)),
                ('opened_at_ns', models.BigIntegerField()),
                ('finished_at_ns', models.BigIntegerField(null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(db_index=True, max_length=40)),
                ('file_name', models.CharField(max_length=120)),
                ('media_type', models.CharField(max_length=60)),
                ('size_bytes', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('content', models.BinaryField()),
                ('note', models.CharField(blank=True, max_length=300)),
                ('filed_by', models.CharField(max_length=150)),
                ('account_no', models.PositiveIntegerField(null=True)),
                ('filed_at_ns', models.BigIntegerField()),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document_no', models.CharField(max_length=30, unique=True)),
                ('contract_no', models.CharField(db_index=True, max_length=24)),
                ('kind', models.CharField(max_length=2)),
                ('issuer_no', models.PositiveIntegerField()),
                ('seller_name', models.CharField(max_length=120)),
                ('seller_uscc', models.CharField(max_length=18)),
                ('buyer_name', models.CharField(max_length=120)),
                ('buyer_uscc', models.CharField(max_length=18)),
                ('lines', models.JSONField()),
                ('net_fen', models.BigIntegerField()),
                ('tax_fen', models.BigIntegerField()),
                ('state', models.CharField(default='draft', max_length=14)),
                ('invoice_no', models.CharField(max_length=20, null=True, unique=True)),
                ('issued_at_ns', models.BigIntegerField(null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('asked_by_no', models.PositiveIntegerField(null=True)),
                ('due_day', models.DateField()),
                ('created_at_ns', models.BigIntegerField()),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='LifeStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=40)),
                ('from_state', models.CharField(blank=True, max_length=20)),
                ('to_state', models.CharField(max_length=20)),
                ('event', models.CharField(max_length=30)),
                ('actor', models.CharField(max_length=150)),
                ('why', models.CharField(blank=True, max_length=300)),
                ('at_ns', models.BigIntegerField()),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='MoneyProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal_no', models.CharField(max_length=24, unique=True)),
                ('kind', models.CharField(max_length=20)),
                ('debit', models.CharField(max_length=60)),
                ('credit', models.CharField(max_length=60)),
                ('amount_fen', models.BigIntegerField()),
                ('corrects', models.CharField(blank=True, max_length=80)),
                ('reason', models.CharField(max_length=300)),
                ('state', models.CharField(default='proposed', max_length=10)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at_ns', models.BigIntegerField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at_ns', models.BigIntegerField(null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='contract',
            name='contract_status_known',
        ),
        migrations.AddField(
            model_name='contract',
            name='bond_fen',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='contract',
            name='final_at_ns',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='contract',
            name='payment',
            field=models.CharField(default='full', max_length=6),
        ),
        migrations.AddField(
            model_name='contract',
            name='payment_due_ns',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['unpaid', 'effective', 'disputed', 'completed', 'breached'])), name='contract_status_known'),
        ),
        migrations.AddConstraint(
            model_name='contract',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('bond_fen', 0), ('payment__in', ['full', 'escrow']), ('payment_due_ns__isnull', True)), models.Q(('bond_fen__gt', 0), ('payment', 'bond'), ('payment_due_ns__isnull', False)), _connector='OR'), name='contract_payment_known'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(condition=models.Q(('state', 'due')), fields=['id'], name='charge_due'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(fields=['account_no', 'id'], name='charge_by_account'),
        ),
        migrations.AddIndex(
            model_name='charge',
            index=models.Index(fields=['contract_no', 'id'], name='charge_by_contract'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='charge_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['requested', 'paid', 'due', 'waived'])), name='charge_state_known'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('next_due_ns__isnull', False)), fields=['next_due_ns', 'contract'], name='delivery_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('stage__in', ['completed', 'breached']), _negated=True), fields=['buyer_no'], name='delivery_open_by_buyer'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('stage__in', ['completed', 'breached']), _negated=True), fields=['seller_no'], name='delivery_open_by_seller'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('stage__in', ['awaiting_payment', 'titled', 'pickup_booked', 'weighed_out', 'departed', 'claimed', 'disputed', 'completed', 'breached'])), name='delivery_stage_known'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('deposit_used_fen__gte', 0)), name='delivery_deposit_used'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('net_kg__isnull', True), ('net_kg__gt', 0), _connector='OR'), name='delivery_net_kg_positive'),
        ),
        migrations.AddField(
            model_name='claim',
            name='delivery',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='settlement.delivery'),
        ),
        migrations.AddField(
            model_name='breach',
            name='delivery',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='breaches', to='settlement.delivery'),
        ),
        migrations.AddField(
            model_name='disputecase',
            name='delivery',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='settlement.delivery'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.UniqueConstraint(fields=('subject', 'sha256'), name='evidence_once_per_subject'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='reverses',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='settlement.invoice'),
        ),
        migrations.AddIndex(
            model_name='lifestep',
            index=models.Index(fields=['subject', 'id'], name='life_step_by_subject'),
        ),
        migrations.AddConstraint(
            model_name='moneyproposal',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0)), name='proposal_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='moneyproposal',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'approved', 'rejected'])), name='proposal_state_known'),
        ),
        migrations.AddConstraint(
            model_name='moneyproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='proposal_needs_two_people'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['filed', 'reinspecting', 'settled', 'rejected', 'withdrawn', 'escalated'])), name='claim_state_known'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['weight', 'visible', 'hidden'])), name='claim_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('settled_fen__gte', 0), ('wanted_fen__gt', 0)), name='claim_amounts'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['filed', 'reinspecting'])), fields=('delivery',), name='claim_one_open_per_delivery'),
        ),
        migrations.AddConstraint(
            model_name='breach',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['noticed', 'cured', 'confirmed'])), name='breach_state_known'),
        ),
        migrations.AddConstraint(
            model_name='breach',
            constraint=models.CheckConstraint(condition=models.Q(('party__in', ['seller', 'buyer'])), name='breach_party_known'),
        ),
        migrations.AddConstraint(
            model_name='breach',
            constraint=models.CheckConstraint(condition=models.Q(('damages_bps__lte', 2000), ('damages_fen__gte', 0)), name='breach_damages_at_most_a_fifth'),
        ),
        migrations.AddConstraint(
            model_name='breach',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'noticed')), fields=('delivery',), name='breach_one_open_per_delivery'),
        ),
        migrations.AddConstraint(
            model_name='disputecase',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'mediation', 'settled', 'arbitration', 'awarded', 'withdrawn'])), name='dispute_state_known'),
        ),
        migrations.AddConstraint(
            model_name='disputecase',
            constraint=models.CheckConstraint(condition=models.Q(('award_fen__gte', 0)), name='dispute_award_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='disputecase',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'mediation', 'arbitration'])), fields=('delivery',), name='dispute_one_open_per_delivery'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'issued', 'red_requested', 'reversed'])), name='invoice_state_known'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['00', '12', '16'])), name='invoice_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['issued', 'red_requested', 'reversed']), _negated=True), ('invoice_no__isnull', False), _connector='OR'), name='invoice_issued_has_number'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(condition=models.Q(('reverses__isnull', False)), fields=('reverses',), name='invoice_reversed_once'),
        ),
    ]
