"""Versions of rules carry the limits too; changes of products are proposed by one person, decided by another."""

import django.db.models.deletion
from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, append_only
from exchange.kernel.two_people import fixed_by_triggers

RULES = append_only(table="markets_productrules", message="rules are never changed: make the next version")
"""SQLite loses a table's triggers when the table is changed, so they are taken away before and made again."""

STEPS = {
    "waiting": ("refused", "withdrawn", "scheduled", "told"),
    "scheduled": ("told", "failed"),
    "told": ("in_force", "floor_refused"),
}


def limits_of_old_versions(apps, schema_editor):
    """Until now band and least quantity never changed."""
    versions = apps.get_model("markets", "ProductRules")
    for product in apps.get_model("markets", "Product").objects.order_by("number"):
        versions.objects.filter(product=product).update(band_bps=product.band_bps, min_kg=product.min_kg)


class Migration(migrations.Migration):
    dependencies = [("markets", "0007_payments"), ("kernel", "0001_kernel")]

    operations = [
        *(VendorSQL(each.backwards, each.forwards) for each in reversed(RULES)),
        *(
            migrations.AddField(model, "reference_rolls", models.BooleanField(default=True))
            for model in ("historicalproduct", "product", "productrules")
        ),
        migrations.AddField("productrules", "band_bps", models.PositiveSmallIntegerField(default=1000)),
        migrations.AddField("productrules", "min_kg", models.BigIntegerField(default=1000)),
        migrations.AddField("productrules", "restores", models.PositiveIntegerField(null=True)),
        migrations.RunPython(limits_of_old_versions, migrations.RunPython.noop),
        *RULES,
        migrations.CreateModel(
            name='DayReference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('price', models.BigIntegerField()),
                ('before', models.BigIntegerField()),
                ('source', models.CharField(choices=[('closing', '收盘集合竞价'), ('mean', '当日加权均价'), ('kept', '沿用'), ('off', '不滚动')], max_length=8)),
                ('trades', models.PositiveIntegerField()),
                ('kg', models.BigIntegerField()),
                ('made_at', models.DateTimeField()),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='day_references', to='markets.product')),
            ],
            options={
                'ordering': ['product', 'day'],
                'constraints': [models.UniqueConstraint(fields=('product', 'day'), name='day_reference_once'), models.CheckConstraint(condition=models.Q(('before__gt', 0), ('price__gt', 0), ('source__in', ['closing', 'mean', 'kept', 'off']), models.Q(models.Q(('kg__gt', 0), ('source__in', ['closing', 'mean']), ('trades__gt', 0)), models.Q(('price', models.F('before')), ('source__in', ['kept', 'off'])), _connector='OR')), name='day_reference_from_trades_or_kept')],
            },
        ),
        migrations.CreateModel(
            name='ProductProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('reason', models.CharField(max_length=300)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=300)),
                ('kind', models.CharField(choices=[('rules', '交易规则'), ('limits', '参考价与限额'), ('delist', '摘牌退市')], max_length=8)),
                ('takes_effect', models.CharField(choices=[('now', '批准后立即'), ('next_session', '下一场开市前')], max_length=12)),
                ('old', models.JSONField()),
                ('new', models.JSONField()),
                ('references', models.JSONField(default=list)),
                ('floor_reason', models.SmallIntegerField(null=True)),
                ('failure', models.CharField(blank=True, max_length=40)),
                ('carried_out_at', models.DateTimeField(null=True)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='markets.product')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'waiting')), models.Q(('decided_by', models.F('proposed_by')), ('state', 'withdrawn')), models.Q(models.Q(('state__in', ['waiting', 'withdrawn']), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='productproposal_two_people'), models.CheckConstraint(condition=models.Q(('kind__in', ['rules', 'limits', 'delist']), ('state__in', ['waiting', 'refused', 'withdrawn', 'scheduled', 'told', 'in_force', 'floor_refused', 'failed']), ('takes_effect__in', ['now', 'next_session'])), name='product_proposal_words'), models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'scheduled'])), fields=('product', 'kind'), name='product_proposal_one_at_a_time')],
            },
        ),
        *fixed_by_triggers(
            "markets_productproposal",
            ("product_id", "kind", "takes_effect", "old", "new"),
            STEPS,
        ),
        *append_only(table="markets_dayreference", message="what a day ended with is never rewritten"),
    ]
