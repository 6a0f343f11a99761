"""Listings say how their deals are paid, deals how they were. Terms stand in the database too, this one as well.

SQLite loses a table's triggers when the table is changed, so they are taken away before and made again.
"""

from importlib import import_module

from django.db import migrations, models

before = import_module("exchange.halls.migrations.0002_triggers")

TERMS = f"{before.LISTING_TERMS}, payment"


def _triggers(terms):
    return [
        before._refuse("halls_listing_steps", "halls_listing", "UPDATE OF state", "no such step", before.LISTING_STEPS),
        before._refuse(
            "halls_listing_terms",
            "halls_listing",
            f"UPDATE OF {terms}",
            "terms stand: withdraw and relist",
            "OLD.state <> 'draft'",
        ),
        before._refuse("halls_listing_no_delete", "halls_listing", "DELETE", "listings are kept"),
    ]


def _taken_down(triggers):
    return [type(each)(each.backwards, each.forwards) for each in reversed(triggers)]


class Migration(migrations.Migration):
    dependencies = [("halls", "0003_done_once"), ("kernel", "0001_kernel")]

    operations = [
        *_taken_down(_triggers(before.LISTING_TERMS)),
        migrations.AddField(
            "listing",
            "payment",
            models.PositiveSmallIntegerField(default=0, help_text="0: at once; WITH_BOND or IN_ESCROW"),
        ),
        migrations.AddConstraint(
            "listing",
            models.CheckConstraint(condition=models.Q(payment__in=(0, 8, 16)), name="listing_payment"),
        ),
        *_triggers(TERMS),
        migrations.AddField("deal", "payment", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("deal", "bond_fen", models.BigIntegerField(default=0)),
        migrations.AddConstraint(
            "deal",
            models.CheckConstraint(
                condition=models.Q(payment=8, bond_fen__gt=0, auction__isnull=True)
                | models.Q(payment=16, bond_fen=0, auction__isnull=True)
                | models.Q(payment=0, bond_fen=0),
                name="deal_payment",
            ),
        ),
    ]
