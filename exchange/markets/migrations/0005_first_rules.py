"""Products that exist get the first version of their trading rules, and the floor is told.

Until it has heard them the floor knows no reference price and no volatility range; a tick of one fen and the
midpoint are its own defaults.
"""

from django.db import migrations
from django.utils import timezone

from exchange.markets.types import volatility_fen
from matching.types import Command, CommandKind


def give_rules(apps, schema_editor):
    product_rules = apps.get_model("markets", "ProductRules")
    outbox = apps.get_model("kernel", "Outbox")
    for product in apps.get_model("markets", "Product").objects.order_by("number"):
        product_rules.objects.create(
            product=product,
            version=1,
            tick_fen=product.tick_fen,
            tie_rule=product.tie_rule,
            volatility_bps=product.volatility_bps,
            reference_price=product.reference_price,
            reason="系统升级",
            created_by="system",
            created_at=timezone.now(),
        )
        command = Command(
            kind=CommandKind.RULES,
            product=product.number,
            price=product.reference_price,
            quantity=volatility_fen(product.reference_price, product.volatility_bps),
            amount=product.tick_fen,
            flags=product.tie_rule,
        )
        outbox.objects.create(reference=f"rules:{product.number}:1", command=command.pack())


class Migration(migrations.Migration):
    dependencies = [("markets", "0004_calls_and_rules"), ("kernel", "0001_kernel")]

    operations = [migrations.RunPython(give_rules, migrations.RunPython.noop)]
