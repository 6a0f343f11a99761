"""Receipts may wait for the balance of a contract. Triggers go down and up as in 0003."""

from importlib import import_module

from django.db import migrations, models
from django.db.models import Q

from exchange.kernel.table_changes import ChangeTables

before = import_module("warehouse_receipts.migrations.0004_whole_life")

BUSINESSES = [*before.BUSINESSES, "contract"]
RECEIPT_STEPS = [*before.RECEIPT_STEPS, *"free>contract contract>free listing>contract".split()]
CHOICES = [
    ('none', '无'), ('listing', '挂牌'), ('auction', '竞价'), ('negotiated', '协议交易'), ('contract', '待付尾款'),
    ('pledge', '质押'), ('pickup', '提货'), ('change', '拆并换单'), ('frozen', '冻结'), ('disputed', '争议'),
    ('downgraded', '降等待处理'), ('expired', '已过期'), ('lost', '挂失'),
]
"""As the types have them."""
IN_BUSINESS = tuple(business for business, _ in CHOICES[1:])

receipt_takes_steps = before.steps(
    "receipt_takes_steps", before.RECEIPT, before.STAGE, RECEIPT_STEPS, event="UPDATE OF state, business, ended"
)

TRIGGERS = [receipt_takes_steps if each is before.receipt_takes_steps else each for each in before.TRIGGERS]
"""Every trigger of the register as it stands after this migration."""


class Migration(migrations.Migration):

    dependencies = [
        ('warehouse_receipts', '0004_whole_life'),
    ]

    operations = [
        *before.taken_down(before.TRIGGERS),
        ChangeTables(
            [
                migrations.RemoveConstraint(model_name='receipt', name='receipt_one_business'),
                migrations.AlterField(
                    model_name='receipt',
                    name='business',
                    field=models.CharField(choices=CHOICES, default='none', max_length=12),
                ),
                migrations.AddConstraint(
                    model_name='receipt',
                    constraint=models.CheckConstraint(
                        condition=Q(business='none', set_aside__isnull=True)
                        | Q(business__in=IN_BUSINESS, set_aside__isnull=False, held_kg=0),
                        name='receipt_one_business',
                    ),
                ),
                migrations.RemoveConstraint(model_name='setaside', name='set_aside_business_known'),
                migrations.AlterField(
                    model_name='setaside',
                    name='business',
                    field=models.CharField(choices=CHOICES, max_length=12),
                ),
                migrations.AddConstraint(
                    model_name='setaside',
                    constraint=models.CheckConstraint(
                        condition=Q(business__in=IN_BUSINESS), name='set_aside_business_known'
                    ),
                ),
                migrations.AddConstraint(
                    model_name='setaside',
                    constraint=models.UniqueConstraint(
                        condition=Q(business='contract'), fields=('reference',), name='set_aside_once_per_contract'
                    ),
                ),
            ]
        ),
        *TRIGGERS,
    ]
