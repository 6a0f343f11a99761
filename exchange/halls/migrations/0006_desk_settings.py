"""Parameters of the desk change by two people."""

from django.db import migrations, models

from exchange.kernel.two_people import fixed_by_triggers

STEPS = {"waiting": ("refused", "withdrawn", "told"), "told": ("in_force", "floor_refused")}


class Migration(migrations.Migration):

    dependencies = [
        ('halls', '0005_photographs'),
    ]

    operations = [
        migrations.CreateModel(
            name='SettingProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('reason', models.CharField(max_length=300)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=300)),
                ('setting', models.PositiveSmallIntegerField(help_text='DeskSetting')),
                ('old', models.BigIntegerField()),
                ('new', models.BigIntegerField(help_text='nanoseconds; 0 or 1 for BAND')),
                ('floor_reason', models.SmallIntegerField(help_text='of a refusal by the floor', null=True)),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'waiting')), models.Q(('decided_by', models.F('proposed_by')), ('state', 'withdrawn')), models.Q(models.Q(('state__in', ['waiting', 'withdrawn']), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='settingproposal_two_people'), models.CheckConstraint(condition=models.Q(('setting__in', [1, 2, 3, 4, 5, 6, 7]), ('state__in', ['waiting', 'refused', 'withdrawn', 'told', 'in_force', 'floor_refused']), ('new__gte', 0), models.Q(('new', models.F('old')), _negated=True)), name='setting_proposal_words'), models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'told'])), fields=('setting',), name='setting_proposal_one_at_a_time')],
            },
        ),
        *fixed_by_triggers("halls_settingproposal", ("setting", "old", "new"), STEPS),
    ]
