"""Resale lock and premium of a product change by two people too."""

from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL
from exchange.kernel.two_people import fixed_by_triggers

STEPS = {
    "waiting": ("refused", "withdrawn", "scheduled", "told"),
    "scheduled": ("told", "failed"),
    "told": ("in_force", "floor_refused"),
}
GUARDS = fixed_by_triggers(
    "markets_productproposal", ("product_id", "kind", "takes_effect", "old", "new"), STEPS
)
"""SQLite loses a table's triggers when the table is changed, so they are taken away before and made again."""


class Migration(migrations.Migration):

    dependencies = [
        ('markets', '0011_new_products_by_two'),
    ]

    operations = [
        *(VendorSQL(each.backwards, each.forwards) for each in reversed(GUARDS)),
        migrations.RemoveConstraint(
            model_name='productproposal',
            name='product_proposal_words',
        ),
        migrations.AlterField(
            model_name='productproposal',
            name='kind',
            field=models.CharField(choices=[('rules', '交易规则'), ('limits', '参考价与限额'), ('terms', '持续挂牌限制与升贴水'), ('delist', '摘牌退市')], max_length=8),
        ),
        migrations.AddConstraint(
            model_name='productproposal',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['rules', 'limits', 'terms', 'delist']), ('state__in', ['waiting', 'refused', 'withdrawn', 'scheduled', 'told', 'in_force', 'floor_refused', 'failed']), ('takes_effect__in', ['now', 'next_session'])), name='product_proposal_words'),
        ),
        *GUARDS,
    ]
