"""Deeds on sessions are proposed by one person and decided by another."""

from django.db import migrations, models

from exchange.kernel.two_people import fixed_by_triggers

STEPS = {"waiting": ("refused", "withdrawn", "done", "lapsed")}


class Migration(migrations.Migration):

    dependencies = [
        ('markets', '0008_changes_by_two'),
    ]

    operations = [
        migrations.CreateModel(
            name='SessionProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('reason', models.CharField(max_length=300)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=300)),
                ('deed', models.CharField(choices=[('open', '开市'), ('open_with_call', '集合竞价开市'), ('midday', '午间休市'), ('close', '收市'), ('end_call', '结束集合竞价'), ('end_all_calls', '结束全部集合竞价'), ('resume', '恢复'), ('resume_with_call', '竞价恢复'), ('resume_all', '全部恢复')], max_length=20)),
                ('subject', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'waiting')), models.Q(('decided_by', models.F('proposed_by')), ('state', 'withdrawn')), models.Q(models.Q(('state__in', ['waiting', 'withdrawn']), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='sessionproposal_two_people'), models.CheckConstraint(condition=models.Q(('deed__in', ['open', 'open_with_call', 'midday', 'close', 'end_call', 'end_all_calls', 'resume', 'resume_with_call', 'resume_all']), ('state__in', ['waiting', 'refused', 'withdrawn', 'done', 'lapsed'])), name='session_proposal_words'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('deed', 'subject'), name='session_proposal_one_at_a_time')],
            },
        ),
        *fixed_by_triggers("markets_sessionproposal", ("deed", "subject"), STEPS),
    ]
