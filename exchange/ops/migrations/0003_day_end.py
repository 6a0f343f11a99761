"""The end of a day as a job with its steps."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ops', '0002_callend'),
    ]

    operations = [
        migrations.CreateModel(
            name='DayEnd',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True)),
                ('state', models.CharField(default='running', help_text='running | done | failed', max_length=8)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('archive_sha256', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['running', 'done', 'failed'])), name='day_end_state_known')],
            },
        ),
        migrations.CreateModel(
            name='DayEndStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20)),
                ('result', models.JSONField()),
                ('seconds', models.FloatField()),
                ('finished_at', models.DateTimeField(auto_now_add=True)),
                ('day_end', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='ops.dayend')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('day_end', 'name'), name='day_end_step_once')],
            },
        ),
    ]
