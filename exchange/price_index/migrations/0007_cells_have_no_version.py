"""A decision about cells and weights has a day but no version of the method.

SQLite builds a table anew to change a constraint, without its triggers: they go before and come back after.
"""

from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL
from exchange.kernel.two_people import fixed_by_triggers

TRIGGERS = fixed_by_triggers(
    "price_index_consultationdecision",
    ("consultation_id", "outcome", "version", "effective_from", "reply_zh", "reply_en"),
    {"waiting": ("approved", "refused", "withdrawn")},
)


class Migration(migrations.Migration):
    dependencies = [("price_index", "0006_governance")]

    operations = [
        *(VendorSQL(trigger.backwards, trigger.forwards) for trigger in TRIGGERS),
        migrations.RemoveConstraint(model_name="consultationdecision", name="consultation_decision_whole"),
        migrations.AddConstraint(
            model_name="consultationdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(effective_from__isnull=True, outcome="dropped", version="")
                | models.Q(effective_from__isnull=False, outcome__in=("adopted", "changed")),
                name="consultation_decision_whole",
            ),
        ),
        *TRIGGERS,
    ]
