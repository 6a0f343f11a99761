"""Tables of the surveillance: alerts, cases, parameters, published and filed figures."""
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='MonthlyStatistics',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(unique=True)),
                ('figures', models.TextField()),
                ('figures_hash', models.CharField(max_length=64)),
                ('computed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['month'],
            },
        ),
        migrations.CreateModel(
            name='SurveillanceRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(db_index=True)),
                ('rules_version', models.PositiveIntegerField()),
                ('found', models.PositiveIntegerField()),
                ('new', models.PositiveIntegerField()),
                ('changed', models.PositiveIntegerField()),
                ('actor', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('no', models.CharField(max_length=20, unique=True)),
                ('title', models.CharField(max_length=120)),
                ('state', models.CharField(choices=[('open', '调查中'), ('closing', '待复核结案'), ('closed', '已结案')], default='open', max_length=8)),
                ('assignee', models.CharField(max_length=150)),
                ('opened_by', models.CharField(max_length=150)),
                ('opened_at', models.DateTimeField()),
                ('outcome', models.CharField(blank=True, choices=[('no_breach', '未发现违规'), ('warning', '警示'), ('referred', '移送')], max_length=12)),
                ('outcome_reason', models.CharField(blank=True, max_length=1000)),
                ('proposed_by', models.CharField(blank=True, max_length=150)),
                ('proposed_at', models.DateTimeField(null=True)),
                ('closed_by', models.CharField(blank=True, max_length=150)),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by', ''), ('outcome', ''), ('proposed_by', ''), ('state', 'open')), models.Q(('closed_at__isnull', True), ('closed_by', ''), ('outcome__in', ['no_breach', 'warning', 'referred']), ('state', 'closing'), models.Q(('proposed_by', ''), _negated=True)), models.Q(('closed_at__isnull', False), ('outcome__in', ['no_breach', 'warning', 'referred']), ('state', 'closed'), models.Q(('closed_by', ''), _negated=True), models.Q(('closed_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='case_closed_by_a_second_person')],
            },
        ),
        migrations.CreateModel(
            name='HalfYearReport',
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
                ('half', models.PositiveSmallIntegerField()),
                ('figures', models.TextField()),
                ('figures_hash', models.CharField(max_length=64)),
                ('no', models.CharField(max_length=24, null=True, unique=True)),
                ('pdf', models.BinaryField(default=bytes)),
                ('workbook', models.BinaryField(default=bytes)),
                ('pdf_hash', models.CharField(blank=True, max_length=64)),
                ('workbook_hash', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'waiting')), models.Q(('decided_by', models.F('proposed_by')), ('state', 'withdrawn')), models.Q(models.Q(('state__in', ['waiting', 'withdrawn']), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='halfyearreport_two_people'), models.CheckConstraint(condition=models.Q(('half__in', [1, 2]), ('year__gte', 2020), ('year__lte', 2200)), name='half_year_report_period'), models.CheckConstraint(condition=models.Q(models.Q(('no__isnull', False), ('state', 'filed'), models.Q(('pdf_hash', ''), _negated=True), models.Q(('workbook_hash', ''), _negated=True)), models.Q(('no__isnull', True), ('pdf_hash', ''), ('state__in', ['waiting', 'refused', 'withdrawn'])), _connector='OR'), name='half_year_report_numbered_when_filed'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('year', 'half'), name='half_year_report_one_waits')],
            },
        ),
        migrations.CreateModel(
            name='RulesVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(default='waiting', max_length=16)),
                ('reason', models.CharField(max_length=300)),
                ('proposed_by', models.CharField(max_length=150)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision_reason', models.CharField(blank=True, max_length=300)),
                ('version', models.PositiveIntegerField(null=True, unique=True)),
                ('base_version', models.PositiveIntegerField()),
                ('values', models.JSONField()),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('state', 'waiting')), models.Q(('decided_by', models.F('proposed_by')), ('state', 'withdrawn')), models.Q(models.Q(('state__in', ['waiting', 'withdrawn']), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='rulesversion_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), ('version__gte', 2)), models.Q(('state__in', ['waiting', 'refused', 'withdrawn']), ('version__isnull', True)), _connector='OR'), name='surveillance_rules_numbered_when_approved'), models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('state',), name='surveillance_rules_one_waits')],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('no', models.CharField(max_length=20, unique=True)),
                ('key', models.CharField(max_length=64)),
                ('revision', models.PositiveSmallIntegerField(default=1)),
                ('day', models.DateField()),
                ('kind', models.CharField(choices=[('wash', '对敲'), ('related', '关联交易'), ('self_trade', '自成交拦截'), ('layering', '虚假申报'), ('outlier', '异常价格'), ('bid_ring', '串通竞价'), ('large', '大户集中'), ('close', '影响收盘价')], max_length=12)),
                ('product_number', models.BigIntegerField()),
                ('accounts', models.JSONField()),
                ('rules_version', models.PositiveIntegerField()),
                ('evidence', models.TextField()),
                ('evidence_hash', models.CharField(max_length=64)),
                ('computed_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('new', '待处理'), ('dismissed', '已排除'), ('in_case', '已立案'), ('superseded', '已被新版替代')], default='new', max_length=12)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='surveillance.case')),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['day', 'kind'], name='alert_by_day'), models.Index(fields=['state', '-id'], name='alert_by_state')],
                'constraints': [models.UniqueConstraint(fields=('key', 'revision'), name='alert_revision_once'), models.UniqueConstraint(condition=models.Q(('state', 'new')), fields=('key',), name='alert_one_new'), models.CheckConstraint(condition=models.Q(('kind__in', ['wash', 'related', 'self_trade', 'layering', 'outlier', 'bid_ring', 'large', 'close'])), name='alert_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', True), ('decided_by', ''), ('state__in', ['new', 'superseded'])), models.Q(('case__isnull', True), ('state', 'dismissed'), models.Q(('decided_by', ''), _negated=True), models.Q(('reason', ''), _negated=True)), models.Q(('case__isnull', False), ('state', 'in_case'), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='alert_decided_whole')],
            },
        ),
        migrations.CreateModel(
            name='CaseEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('opened', '立案'), ('alert', '并入预警'), ('order', '附委托'), ('trade', '附成交'), ('note', '记录'), ('assigned', '指派'), ('proposed', '提出结案'), ('sent_back', '退回'), ('closed', '结案')], max_length=10)),
                ('text', models.CharField(blank=True, max_length=1000)),
                ('reference', models.CharField(blank=True, max_length=60)),
                ('actor', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='surveillance.case')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['opened', 'alert', 'order', 'trade', 'note', 'assigned', 'proposed', 'sent_back', 'closed'])), name='case_entry_kind_known'), models.UniqueConstraint(condition=models.Q(('kind__in', ['alert', 'order', 'trade'])), fields=('case', 'reference'), name='case_entry_attached_once')],
            },
        ),
    ]
