"""New products are proposed by one person and approved by another."""

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.two_people import fixed_by_triggers

STEPS = {"waiting": ("refused", "withdrawn", "approved")}


class Migration(migrations.Migration):

    dependencies = [
        ('markets', '0010_fees_by_two'),
    ]

    operations = [
        migrations.CreateModel(
            name='NewProductProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('reason', models.CharField(max_length=300)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=300)),
                ('code', models.CharField(max_length=24)),
                ('values', models.JSONField()),
                ('product', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposal', to='markets.product')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'waiting')), models.Q(('decided_by', models.F('proposed_by')), ('state', 'withdrawn')), models.Q(models.Q(('state__in', ['waiting', 'withdrawn']), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='newproductproposal_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('product__isnull', False), ('state', 'approved')), models.Q(('product__isnull', True), ('state__in', ['waiting', 'refused', 'withdrawn'])), _connector='OR'), name='new_product_approved_is_a_product'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('code',), name='new_product_one_at_a_time')],
            },
        ),
        *fixed_by_triggers("markets_newproductproposal", ("code", "values"), STEPS),
    ]
