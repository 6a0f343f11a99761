"""Editions of the grading and sampling rules as rows; what stood in code becomes the first edition of each.

The numbers follow table 1 and annex A of GB/T 10651-2008 and GB/T 8855-2008 (packaged goods) as reference copies
give them; compare with the printed text before relying on them as law.
"""

import hashlib
import json
from datetime import date
from importlib import import_module

from django.db import migrations, models
from django.utils import timezone

from exchange.kernel.triggers import VendorSQL, refuse

before = import_module("warehouse_receipts.migrations.0004_whole_life")

EDITION = "warehouse_receipts_ruleedition"
INSPECTION = "warehouse_receipts_inspection"
SAMPLING = "warehouse_receipts_sampling"

EDITION_STEPS = "proposed>approved proposed>refused approved>retired".split()

NAMES = (
    "grade shape stem bruise_mm2 bruise_largest_mm2 rub_mm2 sunburn_mm2 insect_scar_mm2 small_spots russet_pct "
    "defect_kinds nonconforming_pct large_fruit_mm small_fruit_mm"
).split()
CLASSES = (
    ("extra", 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 3, 70, 60),
    ("class_1", 1, 0, 0, 0, 0, 0, 20, 5, 10, 0, 5, 70, 60),
    ("class_2", 2, 1, 100, 30, 100, 100, 100, 10, 20, 4, 8, 65, 55),
)
GRADING_2008 = {
    "classes": [dict(zip(NAMES, row)) for row in CLASSES],
    "colour_pct": {
        "fuji": [90, 80, 55],
        "gala": [80, 70, 50],
        "delicious": [95, 85, 60],
        "qinguan": [90, 80, 55],
    },
    "small_fruit": ["gala"],
}
SAMPLING_2008 = {
    "least_fruit": 100,
    "plan": [
        {"up_to": 100, "pieces": 5},
        {"up_to": 300, "pieces": 7},
        {"up_to": 500, "pieces": 9},
        {"up_to": 1_000, "pieces": 10},
        {"up_to": None, "pieces": 15},
    ],
}
FIRST = (("grading", "GB/T 10651", GRADING_2008), ("sampling", "GB/T 8855", SAMPLING_2008))
FIRST_DAY = date(2009, 1, 1)
"""Before the exchange's own first day."""


def canonical(rules):
    """As exchange.kernel.canonical spells it."""
    return json.dumps(rules, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def found_editions(apps, _schema_editor):
    """The rules that stood in code, in force from before the first lot."""
    edition_of, now = apps.get_model("warehouse_receipts", "RuleEdition"), timezone.now()
    for kind, standard, rules in FIRST:
        text = canonical(rules)
        edition_of.objects.create(
            kind=kind,
            standard=standard,
            edition="2008",
            in_force_from=FIRST_DAY,
            rules=text,
            digest=hashlib.sha256(text.encode()).hexdigest(),
            state="approved",
            reason="系统启用时的版本",
            proposed_by="system",
            proposed_at=now,
            decided_by="founding",
            decided_at=now,
        )


def names_edition_in_use(table, kind):
    """What is sampled or graded names an edition that two persons agreed on."""
    return before.trigger(
        f"{kind}_by_edition_in_use",
        table,
        "INSERT",
        checks=(
            (
                f'EXISTS (SELECT 1 FROM "{EDITION}" e WHERE e.kind = \'{kind}\' AND e.standard = NEW.standard '
                "AND e.edition = NEW.edition AND e.state IN ('approved', 'retired'))",
                "there is no approved edition of that name",
            ),
        ),
    )


TRIGGERS = [
    before.kept(EDITION),
    before.fixed(
        "ruleedition",
        "kind standard edition in_force_from rules digest reason proposed_by proposed_at",
        "an edition stays what was proposed",
    ),
    VendorSQL(
        *refuse(
            name="edition_decided_once",
            table=EDITION,
            event="UPDATE OF decided_by, decided_at, decision_reason",
            message="an edition is decided once",
            when="OLD.decided_by <> ''",
        )
    ),
    before.steps("ruleedition_takes_steps", EDITION, "{}.state", EDITION_STEPS),
    VendorSQL(
        *refuse(
            name="edition_begins_proposed",
            table=EDITION,
            event="INSERT",
            message="an edition is proposed first",
            when="NEW.state <> 'proposed'",
        )
    ),
    names_edition_in_use(INSPECTION, "grading"),
    names_edition_in_use(SAMPLING, "sampling"),
]


class Migration(migrations.Migration):

    dependencies = [('warehouse_receipts', '0005_contract_goods')]

    operations = [
        migrations.CreateModel(
            name='RuleEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('grading', '分级'), ('sampling', '抽样')], max_length=10)),
                ('standard', models.CharField(max_length=20)),
                ('edition', models.CharField(max_length=10)),
                ('in_force_from', models.DateField()),
                ('rules', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('proposed', '待审核'), ('approved', '已批准'), ('refused', '已驳回'), ('retired', '已退出')], default='proposed', max_length=10)),
                ('reason', models.CharField(max_length=500)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('decided_by', models.F('proposed_by')), _negated=True), name='edition_two_persons'), models.CheckConstraint(condition=models.Q(models.Q(('decided_by', ''), ('state', 'proposed')), models.Q(('state__in', ['approved', 'refused', 'retired']), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='edition_decided_by_somebody'), models.CheckConstraint(condition=models.Q(('kind__in', ['grading', 'sampling'])), name='edition_kind_known'), models.UniqueConstraint(condition=models.Q(('state', 'refused'), _negated=True), fields=('kind', 'standard', 'edition'), name='edition_once'), models.UniqueConstraint(condition=models.Q(('state', 'refused'), _negated=True), fields=('kind', 'in_force_from'), name='edition_one_begins_a_day')],
            },
        ),
        migrations.RunPython(found_editions, migrations.RunPython.noop),
        VendorSQL(
            {"sqlite": [], "postgresql": ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]},
            {"sqlite": [], "postgresql": []},
        ),
        *TRIGGERS,
    ]
