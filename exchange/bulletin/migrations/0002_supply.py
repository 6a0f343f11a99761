"""Tables of the supply and demand board, and what holds for SQL typed by hand, too."""

import django.db.models.deletion
import matching.types
from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, append_only, refuse

INTENTION_STEPS = (
    "OLD.state <> NEW.state AND NOT ((OLD.state = 'open' AND NEW.state IN ('closed', 'taken_down'))"
    " OR (OLD.state = 'taken_down' AND NEW.state IN ('closed', 'open')))"
)
INQUIRY_STEPS = (
    "OLD.state <> NEW.state AND NOT (OLD.state = 'open' AND NEW.state IN ('agreed', 'declined', 'withdrawn'))"
)
TERMS = (
    "side, product_number, variety, size_mm, grade, grade_rank, ssc_tenths, counties, store_type, least_kg,"
    " most_kg, price, place, deliver_from, deliver_until, valid_until, note, receipt_no"
)


def _refuse(name, table, event, message, when=None):
    return VendorSQL(*refuse(name=name, table=table, event=event, message=message, when=when))


TRIGGERS = [
    *append_only(table="bulletin_intentionstep", message="history is never rewritten"),
    *append_only(table="bulletin_inquirymessage", message="messages are final"),
    _refuse("bulletin_intention_steps", "bulletin_intention", "UPDATE OF state", "no such step", INTENTION_STEPS),
    _refuse(
        "bulletin_intention_terms",
        "bulletin_intention",
        f"UPDATE OF {TERMS}",
        "terms change with the version only",
        "NEW.version <> OLD.version + 1 OR OLD.state <> 'open'",
    ),
    _refuse(
        "bulletin_intention_owner",
        "bulletin_intention",
        "UPDATE OF account_no, published_at",
        "an intention stays whose it is",
    ),
    _refuse("bulletin_intention_no_delete", "bulletin_intention", "DELETE", "intentions are kept"),
    _refuse("bulletin_inquiry_steps", "bulletin_inquiry", "UPDATE OF state", "no such step", INQUIRY_STEPS),
    _refuse(
        "bulletin_inquiry_fixed",
        "bulletin_inquiry",
        "UPDATE OF intention_id, intention_version, account_no, owner_no, quantity_kg, price, opened_at",
        "an inquiry stays as it was asked",
    ),
    _refuse("bulletin_inquiry_no_delete", "bulletin_inquiry", "DELETE", "inquiries are kept"),
    _refuse(
        "bulletin_abusereport_decided",
        "bulletin_abusereport",
        "UPDATE",
        "a report is decided once",
        "OLD.state <> 'waiting'",
    ),
    _refuse(
        "bulletin_abusereport_fixed",
        "bulletin_abusereport",
        'UPDATE OF intention_id, inquiry_id, reporter_no, accused_no, kind, "text", "at"',
        "a report stays as it was made",
    ),
    _refuse("bulletin_abusereport_no_delete", "bulletin_abusereport", "DELETE", "reports are kept"),
]


class Migration(migrations.Migration):

    dependencies = [("bulletin", "0001_news")]

    operations = [
        migrations.CreateModel(
            name='Intention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_no', models.BigIntegerField()),
                ('side', models.SmallIntegerField()),
                ('product_number', models.BigIntegerField(null=True)),
                ('variety', models.CharField(max_length=30)),
                ('size_mm', models.PositiveSmallIntegerField(default=0, help_text='floor; 0: not said')),
                ('grade', models.CharField(blank=True, help_text='floor', max_length=16)),
                ('grade_rank', models.SmallIntegerField(help_text='of the grade; see GRADE_RANK', null=True)),
                ('ssc_tenths', models.PositiveSmallIntegerField(default=0, help_text='floor of soluble solids 糖度')),
                ('counties', models.CharField(blank=True, help_text='|旬邑县|长武县|; empty: not said', max_length=200)),
                ('store_type', models.CharField(blank=True, max_length=8)),
                ('least_kg', models.BigIntegerField()),
                ('most_kg', models.BigIntegerField()),
                ('price', models.BigIntegerField(help_text='fen per kg; null: 面议', null=True)),
                ('place', models.CharField(blank=True, max_length=60)),
                ('deliver_from', models.DateField(null=True)),
                ('deliver_until', models.DateField(null=True)),
                ('valid_until', models.DateField(help_text='the last day it is shown')),
                ('note', models.CharField(blank=True, max_length=500)),
                ('receipt_no', models.CharField(blank=True, max_length=24)),
                ('state', models.CharField(choices=[('open', '有效'), ('closed', '已关闭'), ('taken_down', '已下架')], default='open', max_length=12)),
                ('reason', models.CharField(blank=True, help_text='why it was taken down', max_length=300)),
                ('version', models.PositiveIntegerField(default=1)),
                ('published_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['account_no', '-id'], name='intention_by_account'), models.Index(condition=models.Q(('state', 'open')), fields=['side', 'variety', '-id'], name='intention_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('side__in', (matching.types.Side['BUY'], matching.types.Side['SELL']))), name='intention_side'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'closed', 'taken_down'])), name='intention_state'), models.CheckConstraint(condition=models.Q(('least_kg__gte', 100), ('most_kg__gte', models.F('least_kg')), ('most_kg__lte', 100000000)), name='intention_quantity'), models.CheckConstraint(condition=models.Q(('price__isnull', True), models.Q(('price__gt', 0), ('price__lte', 20000)), _connector='OR'), name='intention_price'), models.CheckConstraint(condition=models.Q(('deliver_from__isnull', True), ('deliver_until__isnull', True), ('deliver_until__gte', models.F('deliver_from')), _connector='OR'), name='intention_delivery'), models.CheckConstraint(condition=models.Q(('receipt_no', ''), ('side', matching.types.Side['SELL']), _connector='OR'), name='intention_receipt_of_a_supply'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'taken_down'), models.Q(('reason', ''), _negated=True)), models.Q(('state', 'taken_down'), _negated=True), _connector='OR'), name='intention_taken_down_with_reason')],
            },
        ),
        migrations.CreateModel(
            name='Inquiry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('intention_version', models.PositiveIntegerField()),
                ('account_no', models.BigIntegerField()),
                ('owner_no', models.BigIntegerField()),
                ('quantity_kg', models.BigIntegerField()),
                ('price', models.BigIntegerField(null=True)),
                ('state', models.CharField(choices=[('open', '洽谈中'), ('agreed', '已谈妥'), ('declined', '已谢绝'), ('withdrawn', '已撤回')], default='open', max_length=12)),
                ('seen_by_asker', models.BigIntegerField(default=0, help_text='the last message it has seen')),
                ('seen_by_owner', models.BigIntegerField(default=0)),
                ('opened_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('intention', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inquiries', to='bulletin.intention')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='AbuseReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reporter_no', models.BigIntegerField()),
                ('accused_no', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('false', '虚假信息'), ('contact', '夹带联系方式或广告'), ('abuse', '骚扰或辱骂'), ('fraud', '涉嫌欺诈'), ('other', '其他')], max_length=12)),
                ('text', models.CharField(blank=True, max_length=300)),
                ('by', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', '待处理'), ('upheld', '属实'), ('dismissed', '不属实')], default='waiting', max_length=12)),
                ('decided_by', models.CharField(blank=True, max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision', models.CharField(blank=True, max_length=300)),
                ('inquiry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='bulletin.inquiry')),
                ('intention', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='bulletin.intention')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='IntentionStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(max_length=12)),
                ('version', models.PositiveIntegerField()),
                ('terms', models.JSONField(help_text='as they stood after it')),
                ('actor', models.CharField(max_length=150)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField()),
                ('intention', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='bulletin.intention')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='MemberBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_no', models.BigIntegerField()),
                ('blocked_no', models.BigIntegerField()),
                ('by', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['blocked_no'], name='supply_block_by_blocked')],
                'constraints': [models.UniqueConstraint(fields=('account_no', 'blocked_no'), name='supply_block_once'), models.CheckConstraint(condition=models.Q(('account_no', models.F('blocked_no')), _negated=True), name='supply_block_of_two')],
            },
        ),
        migrations.CreateModel(
            name='InquiryContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_no', models.BigIntegerField()),
                ('person', models.CharField(max_length=30)),
                ('phone', models.CharField(max_length=20)),
                ('by', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
                ('inquiry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='bulletin.inquiry')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('inquiry', 'account_no'), name='supply_contact_once')],
            },
        ),
        migrations.CreateModel(
            name='InquiryMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sender_no', models.BigIntegerField()),
                ('by', models.CharField(max_length=150)),
                ('event', models.CharField(blank=True, choices=[('agreed', '表示谈妥'), ('declined', '谢绝'), ('withdrawn', '撤回'), ('contact', '给出联系方式')], help_text='empty: a message', max_length=12)),
                ('text', models.CharField(blank=True, max_length=500)),
                ('at', models.DateTimeField()),
                ('inquiry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='bulletin.inquiry')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['inquiry', 'id'], name='supply_message_by_inquiry'), models.Index(fields=['sender_no', '-at'], name='supply_message_by_sender')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('event', ''), models.Q(('text', ''), _negated=True)), models.Q(('event__in', ['agreed', 'declined', 'withdrawn', 'contact']), ('text', '')), _connector='OR'), name='supply_message_or_event')],
            },
        ),
        migrations.AddIndex(
            model_name='inquiry',
            index=models.Index(fields=['account_no', '-last_at'], name='inquiry_by_asker'),
        ),
        migrations.AddIndex(
            model_name='inquiry',
            index=models.Index(fields=['owner_no', '-last_at'], name='inquiry_by_owner'),
        ),
        migrations.AddConstraint(
            model_name='inquiry',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'agreed', 'declined', 'withdrawn'])), name='inquiry_state'),
        ),
        migrations.AddConstraint(
            model_name='inquiry',
            constraint=models.CheckConstraint(condition=models.Q(('account_no', models.F('owner_no')), _negated=True), name='inquiry_of_two'),
        ),
        migrations.AddConstraint(
            model_name='inquiry',
            constraint=models.CheckConstraint(condition=models.Q(('quantity_kg__gte', 100), ('quantity_kg__lte', 100000000), models.Q(('price__isnull', True), models.Q(('price__gt', 0), ('price__lte', 20000)), _connector='OR')), name='inquiry_amounts'),
        ),
        migrations.AddConstraint(
            model_name='inquiry',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('intention', 'account_no'), name='inquiry_one_open'),
        ),
        migrations.AddIndex(
            model_name='abusereport',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['id'], name='abuse_report_waiting'),
        ),
        migrations.AddIndex(
            model_name='abusereport',
            index=models.Index(fields=['reporter_no', '-at'], name='abuse_report_by_reporter'),
        ),
        migrations.AddConstraint(
            model_name='abusereport',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['false', 'contact', 'abuse', 'fraud', 'other'])), name='abuse_report_kind'),
        ),
        migrations.AddConstraint(
            model_name='abusereport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'waiting')), models.Q(('decided_at__isnull', False), ('state__in', ('upheld', 'dismissed')), models.Q(('decision', ''), _negated=True)), _connector='OR'), name='abuse_report_decided_with_reason'),
        ),
        migrations.AddConstraint(
            model_name='abusereport',
            constraint=models.UniqueConstraint(condition=models.Q(('inquiry__isnull', True), ('state', 'waiting')), fields=('intention', 'reporter_no'), name='abuse_report_intention_once'),
        ),
        migrations.AddConstraint(
            model_name='abusereport',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('inquiry', 'reporter_no'), name='abuse_report_inquiry_once'),
        ),
        *TRIGGERS,
    ]
