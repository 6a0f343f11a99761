"""The holidays of years, proposed by one person and approved by another."""

from django.db import migrations, models

from exchange.kernel.two_people import fixed_by_triggers


class Migration(migrations.Migration):
    dependencies = [("kernel", "0004_pictures")]

    operations = [
        migrations.CreateModel(
            name='CalendarYear',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('reason', models.CharField(max_length=300)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=300)),
                ('year', models.PositiveSmallIntegerField()),
                ('holidays', models.JSONField()),
                ('source', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'waiting')), models.Q(('decided_by', models.F('proposed_by')), ('state', 'withdrawn')), models.Q(models.Q(('state__in', ['waiting', 'withdrawn']), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='calendaryear_two_people'), models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'refused', 'withdrawn', 'approved'])), name='calendar_year_state_known'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('year',), name='calendar_year_one_waits')],
            },
        ),
        *fixed_by_triggers(
            "kernel_calendaryear",
            ("year", "holidays", "source"),
            {"waiting": ("refused", "withdrawn", "approved")},
        ),
    ]
