"""Fees are proposed by one person and approved by another."""

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.two_people import fixed_by_triggers

STEPS = {"waiting": ("refused", "withdrawn", "approved")}
FIXED = ("effective_from", "buyer_bps", "seller_bps", "grower_bps", "deposit_bps", "instead_of")


class Migration(migrations.Migration):

    dependencies = [
        ('markets', '0009_sessions_by_two'),
    ]

    operations = [
        migrations.CreateModel(
            name='FeeProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('reason', models.CharField(max_length=300)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=300)),
                ('effective_from', models.DateField()),
                ('buyer_bps', models.PositiveSmallIntegerField()),
                ('seller_bps', models.PositiveSmallIntegerField()),
                ('grower_bps', models.PositiveSmallIntegerField()),
                ('deposit_bps', models.PositiveSmallIntegerField()),
                ('instead_of', models.PositiveIntegerField(null=True)),
                ('version', models.OneToOneField(db_column='version', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposal', to='markets.feeschedule')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'waiting')), models.Q(('decided_by', models.F('proposed_by')), ('state', 'withdrawn')), models.Q(models.Q(('state__in', ['waiting', 'withdrawn']), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='feeproposal_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), ('version__isnull', False)), models.Q(('state__in', ['waiting', 'refused', 'withdrawn']), ('version__isnull', True)), _connector='OR'), name='fee_proposal_approved_is_a_version'), models.CheckConstraint(condition=models.Q(('buyer_bps__lte', 50), ('deposit_bps__lte', 2000), ('grower_bps__lte', 50), ('seller_bps__lte', 50)), name='fee_proposal_within_bounds'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('state',), name='fee_proposal_one_at_a_time')],
            },
        ),
        *fixed_by_triggers("markets_feeproposal", FIXED, STEPS),
    ]
