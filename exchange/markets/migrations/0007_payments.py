"""Each product says how its listings may be paid, and the floor is told: a bond may be given, escrow not yet."""

from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, append_only
from matching.desk_types import AUCTION, LISTED, NEGOTIATED, WITH_BOND, DeskCommand, DeskCommandKind

RULES = append_only(table="markets_productrules", message="rules are never changed: make the next version")
"""SQLite loses a table's triggers when the table is changed, so they are taken away before and made again."""


def tell_desks(apps, schema_editor):
    outbox = apps.get_model("kernel", "Outbox")
    for product in apps.get_model("markets", "Product").objects.order_by("number"):
        command = DeskCommand(
            DeskCommandKind.DESK,
            product=product.number,
            flags=(product.modes & (LISTED | AUCTION | NEGOTIATED)) | WITH_BOND,
            amount=int(product.desk_open),
        )
        outbox.objects.create(reference=f"desk:{product.number}:payments", command=command.pack())


class Migration(migrations.Migration):
    dependencies = [("markets", "0006_modes"), ("kernel", "0001_kernel")]

    operations = [
        *(VendorSQL(each.backwards, each.forwards) for each in reversed(RULES)),
        *(
            migrations.AddField(model, "payments", models.PositiveSmallIntegerField(default=8))
            for model in ("historicalproduct", "product", "productrules")
        ),
        migrations.AddConstraint(
            "product",
            models.CheckConstraint(
                condition=models.Q(payments__in=[0, 8, 16, 24]), name="product_payments_known"
            ),
        ),
        *RULES,
        migrations.RunPython(tell_desks, migrations.RunPython.noop),
    ]
