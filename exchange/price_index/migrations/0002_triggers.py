"""What an index value was computed from stays as it was; only drafts may be thrown away."""

from django.db import migrations

from exchange.kernel.triggers import VendorSQL, refuse

VALUE = "price_index_indexvalue"
CELL = "price_index_cellprice"


class Migration(migrations.Migration):
    dependencies = [("price_index", "0001_tables"), ("kernel", "0001_kernel")]

    operations = [
        VendorSQL(
            *refuse(
                name="index_value_fixed",
                table=VALUE,
                event="UPDATE",
                message="a computed index value is never changed: compute a revision",
                when=" OR ".join(
                    f"NEW.{column} IS DISTINCT FROM OLD.{column}"
                    for column in (
                        "definition_id day revision value method_version evidence evidence_hash computed_at"
                    ).split()
                ),
            )
        ),
        VendorSQL(
            *refuse(
                name="index_value_kept",
                table=VALUE,
                event="DELETE",
                message="a published index value is never deleted",
                when="OLD.status <> 'draft'",
            )
        ),
        VendorSQL(
            *refuse(name="cell_price_fixed", table=CELL, event="UPDATE", message="a cell price is never changed")
        ),
    ]
