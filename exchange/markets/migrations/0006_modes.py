"""Each product has its modes, and the floor is told of its desk: open where its book is open now."""

from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, append_only
from matching.desk_types import AUCTION, LISTED, NEGOTIATED, DeskCommand, DeskCommandKind
from matching.types import Phase

RULES = append_only(table="markets_productrules", message="rules are never changed: make the next version")
"""SQLite loses a table's triggers when the table is changed, so they are taken away before and made again."""


def tell_desks(apps, schema_editor):
    outbox = apps.get_model("kernel", "Outbox")
    for product in apps.get_model("markets", "Product").objects.order_by("number"):
        product.desk_open = product.phase not in (Phase.CLOSED, Phase.HALTED)
        product.save(update_fields=["desk_open"])
        command = DeskCommand(
            DeskCommandKind.DESK,
            product=product.number,
            flags=LISTED | AUCTION | NEGOTIATED,
            amount=int(product.desk_open),
        )
        outbox.objects.create(reference=f"desk:{product.number}:0", command=command.pack())


class Migration(migrations.Migration):
    dependencies = [("markets", "0005_first_rules"), ("kernel", "0001_kernel")]

    operations = [
        *(VendorSQL(each.backwards, each.forwards) for each in reversed(RULES)),
        *(
            migrations.AddField(model, "modes", models.PositiveSmallIntegerField(default=31))
            for model in ("historicalproduct", "product", "productrules")
        ),
        *(
            migrations.AddField(model, "desk_open", models.BooleanField(default=False))
            for model in ("historicalproduct", "product")
        ),
        migrations.AddConstraint(
            "product",
            models.CheckConstraint(
                condition=models.Q(modes__gte=1, modes__lte=31), name="product_modes_known"
            ),
        ),
        migrations.AddConstraint(
            "product",
            models.CheckConstraint(
                condition=models.Q(("desk_open", False), ("halted", False), _connector="OR"),
                name="product_halted_at_the_desk_too",
            ),
        ),
        *RULES,
        migrations.RunPython(tell_desks, migrations.RunPython.noop),
    ]
