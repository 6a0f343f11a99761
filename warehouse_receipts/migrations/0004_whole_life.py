"""The whole life of a receipt: rooms, samples, signed steps, pledge, pickup. Triggers go down and up as in 0003.

The steps allowed are those of lifecycle.py and states.py as they were when this was written; a test compares.
"""

from importlib import import_module

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from exchange.kernel.table_changes import ChangeTables
from exchange.kernel.triggers import VendorSQL, append_only, refuse

before = import_module("warehouse_receipts.migrations.0003_set_aside")
tables = import_module("warehouse_receipts.migrations.0002_triggers")
trigger, kept, taken_down = before.trigger, before.kept, before.taken_down

APP = "warehouse_receipts_"
RECEIPT, STOCK, INTAKE = tables.RECEIPT, tables.STOCK, tables.INTAKE
WAREHOUSE, MOVEMENT, ROOM = tables.WAREHOUSE, tables.MOVEMENT, f"{APP}room"

LOT_STEPS = (
    "booked>arrived arrived>weighed weighed>sampled sampled>inspected inspected>stored "
    "booked>refused arrived>refused weighed>refused sampled>refused inspected>refused"
).split()

BUSINESSES = "listing auction negotiated pledge pickup change frozen disputed downgraded expired lost".split()

RECEIPT_STEPS = [
    *(f"free>{business}" for business in BUSINESSES),
    *(f"{business}>free" for business in BUSINESSES),
    *(
        "expired>pickup pledge>auction change>merged lost>replaced downgraded>regraded pickup>delivered "
        "downgraded>written_off expired>written_off frozen>written_off"
    ).split(),
]

STATE_STEPS = {
    "warehouseproposal": "waiting>approved waiting>refused".split(),
    "stocktake": "counted>even counted>short counted>void short>settled".split(),
    "issuerequest": "requested>registered requested>refused".split(),
    "freeze": "proposed>asked proposed>active proposed>refused asked>active asked>refused active>lifted".split(),
    "lossnotice": (
        "announced>objected announced>replaced announced>withdrawn objected>announced objected>withdrawn"
    ).split(),
    "pledge": (
        "applied>asked applied>refused asked>registered asked>refused registered>released "
        "registered>foreclosure foreclosure>registered foreclosure>foreclosed"
    ).split(),
    "pickup": (
        "requested>booked requested>cancelled booked>arrived booked>cancelled arrived>done arrived>cancelled"
    ).split(),
}


def steps(name, table, column, allowed, event=None):
    """Refuses every step of a state that is not among those allowed, each "from>to"."""
    old, new = (column.format(row) for row in ("OLD", "NEW"))
    words = ", ".join(f"'{step}'" for step in allowed)
    return VendorSQL(
        *refuse(
            name=name,
            table=table,
            event=event or f"UPDATE OF {column.partition('.')[2]}",
            message="there is no such step",
            when=f"{old} <> {new} AND ({old} || '>' || {new}) NOT IN ({words})",
        )
    )


STAGE = "(CASE WHEN {0}.state = 'cancelled' THEN {0}.ended WHEN {0}.business = 'none' THEN 'free' ELSE {0}.business END)"

receipt_takes_steps = steps(
    "receipt_takes_steps", RECEIPT, STAGE, RECEIPT_STEPS, event="UPDATE OF state, business, ended"
)

movement_counts = trigger(
    "movement_counts",
    MOVEMENT,
    "INSERT",
    checks=(
        (
            f'NEW.room_id IS NULL OR EXISTS (SELECT 1 FROM "{ROOM}" r WHERE r.id = NEW.room_id '
            "AND r.warehouse_id = NEW.warehouse_id)",
            "goods move in a room of their own warehouse",
        ),
    ),
    actions=(
        f'INSERT INTO "{STOCK}" (warehouse_id, product_number, physical_kg, receipted_kg) '
        "VALUES (NEW.warehouse_id, NEW.product_number, 0, 0) "
        "ON CONFLICT (warehouse_id, product_number) DO NOTHING",
        f'UPDATE "{STOCK}" SET physical_kg = physical_kg + NEW.kg '
        "WHERE warehouse_id = NEW.warehouse_id AND product_number = NEW.product_number",
        f'UPDATE "{WAREHOUSE}" SET stored_kg = stored_kg + NEW.kg WHERE id = NEW.warehouse_id',
        f'UPDATE "{ROOM}" SET stored_kg = stored_kg + NEW.kg WHERE id = NEW.room_id',
    ),
)


def fixed(table, columns, message):
    """What the columns say never changes."""
    return VendorSQL(
        *refuse(
            name=f"{table}_fixed",
            table=f"{APP}{table}",
            event="UPDATE",
            message=message,
            when=" OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns.split()),
        )
    )


FINAL = "reading lotorigin lotphoto lifeevent endorsementseal load holdernotice pledgedgoods importedrow".split()
KEPT = "sampling stocktake warehouseproposal issuerequest freeze lossnotice pledge pickup storagefee room".split()

TRIGGERS = [
    *(
        operation
        for operation in before.TRIGGERS
        if operation not in (before.one_business, tables.movement_counts)
    ),
    movement_counts,
    receipt_takes_steps,
    steps("intake_takes_steps", INTAKE, "{}.state", LOT_STEPS),
    *(
        steps(f"{table}_takes_steps", f"{APP}{table}", "{}.decision" if table == "warehouseproposal" else "{}.state", allowed)
        for table, allowed in STATE_STEPS.items()
    ),
    *(operation for table in FINAL for operation in append_only(table=f"{APP}{table}", message="it is never changed")),
    *(kept(f"{APP}{table}") for table in KEPT),
    fixed("sampling", "no intake_id standard edition lot_pieces pieces fruit sampler", "a sample stays what was drawn"),
    fixed("storagefee", "load_id payer_no kind from_day to_day kg fee_fen", "a fee is never changed"),
    VendorSQL(
        *refuse(
            name="storage_fee_posted_once",
            table=f"{APP}storagefee",
            event="UPDATE OF posted_reference",
            message="a fee is posted once",
            when="OLD.posted_reference <> ''",
        )
    ),
    fixed("pickup", "no holder_no warehouse_id kg code_hash", "a pickup stays what was asked for"),
    fixed("issuerequest", "no intake_id product_number kg proposed_by", "a request stays what was asked for"),
]
"""Every trigger of the register as it stands after this migration."""


def build_rooms(apps, _schema_editor):
    """What stores had before there were rooms becomes their first room."""
    room_of, warehouse_of = (apps.get_model("warehouse_receipts", name) for name in ("Room", "Warehouse"))
    for house in warehouse_of.objects.all():
        room = room_of.objects.create(
            warehouse=house, code="01", kind=house.kind, capacity_kg=house.capacity_kg, stored_kg=house.stored_kg
        )
        house.intakes.filter(state="stored").update(room=room)
        house.movements.update(room=room)


class Migration(migrations.Migration):

    dependencies = [
        ('warehouse_receipts', '0003_set_aside'),
    ]

    operations = [
        *taken_down(before.TRIGGERS),
        ChangeTables(
            [
                migrations.CreateModel(
                    name='EndorsementSeal',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('first_id', models.BigIntegerField(unique=True)),
                        ('last_id', models.BigIntegerField(unique=True)),
                        ('count', models.PositiveIntegerField()),
                        ('at', models.DateTimeField()),
                        ('prev_hash', models.CharField(max_length=64, unique=True)),
                        ('hash', models.CharField(max_length=64, unique=True)),
                        ('key_id', models.CharField(max_length=16)),
                        ('signature', models.CharField(max_length=128)),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('count__gte', 1)), name='endorsement_seal_not_empty')],
                    },
                ),
                migrations.CreateModel(
                    name='Freeze',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('authority', '司法冻结'), ('dispute', '争议冻结'), ('quality', '质量预警')], max_length=12)),
                        ('authority', models.CharField(max_length=120)),
                        ('document_no', models.CharField(max_length=60)),
                        ('reason', models.CharField(max_length=500)),
                        ('until', models.DateField(null=True)),
                        ('state', models.CharField(choices=[('proposed', '待复核'), ('asked', '撤单中'), ('active', '冻结中'), ('lifted', '已解除'), ('refused', '未执行')], default='proposed', max_length=10)),
                        ('proposed_by', models.CharField(max_length=150)),
                        ('proposed_at', models.DateTimeField()),
                        ('decided_by', models.CharField(blank=True, max_length=150)),
                        ('lifted_by', models.CharField(blank=True, max_length=150)),
                        ('lifted_at', models.DateTimeField(null=True)),
                        ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='freezes', to='warehouse_receipts.receipt')),
                        ('set_aside', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='freezes', to='warehouse_receipts.setaside')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('decided_by', models.F('proposed_by')), _negated=True), name='freeze_two_persons'), models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'asked', 'active'])), fields=('receipt',), name='freeze_one_open')],
                    },
                ),
                migrations.CreateModel(
                    name='HolderNotice',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('holder_no', models.BigIntegerField()),
                        ('receipt_no', models.CharField(max_length=24)),
                        ('kind', models.CharField(max_length=20)),
                        ('facts', models.JSONField()),
                        ('at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['-pk'],
                        'indexes': [models.Index(fields=['holder_no', '-id'], name='holder_notice_by_holder')],
                    },
                ),
                migrations.CreateModel(
                    name='InspectionBody',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.CharField(max_length=16, unique=True)),
                        ('name', models.CharField(max_length=120, unique=True)),
                        ('accreditation_no', models.CharField(max_length=60)),
                        ('accredited_until', models.DateField()),
                        ('active', models.BooleanField(default=True)),
                    ],
                    options={
                        'ordering': ['code'],
                    },
                ),
                migrations.CreateModel(
                    name='Inspector',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=60)),
                        ('licence_no', models.CharField(max_length=60)),
                        ('active', models.BooleanField(default=True)),
                        ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspectors', to='warehouse_receipts.inspectionbody')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.UniqueConstraint(fields=('body', 'name'), name='inspector_once')],
                    },
                ),
                migrations.CreateModel(
                    name='IssueRequest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.CharField(max_length=24, unique=True)),
                        ('product_number', models.BigIntegerField()),
                        ('cell', models.JSONField()),
                        ('kg', models.BigIntegerField()),
                        ('shelf_life_days', models.PositiveSmallIntegerField(null=True)),
                        ('state', models.CharField(choices=[('requested', '待确认'), ('registered', '已注册'), ('refused', '已驳回')], default='requested', max_length=12)),
                        ('proposed_by', models.CharField(max_length=150)),
                        ('proposed_at', models.DateTimeField()),
                        ('inspector_by', models.CharField(blank=True, max_length=150)),
                        ('inspector_at', models.DateTimeField(null=True)),
                        ('owner_by', models.CharField(blank=True, max_length=150)),
                        ('owner_at', models.DateTimeField(null=True)),
                        ('decided_by', models.CharField(blank=True, max_length=150)),
                        ('decided_at', models.DateTimeField(null=True)),
                        ('reason', models.CharField(blank=True, max_length=500)),
                        ('register_no', models.CharField(max_length=32, null=True, unique=True)),
                        ('intake', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='issue_requests', to='warehouse_receipts.intake')),
                        ('receipt', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='issue_request', to='warehouse_receipts.receipt')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('kg__gt', 0)), name='issue_request_positive'), models.CheckConstraint(condition=models.Q(('decided_by', models.F('proposed_by')), _negated=True), name='issue_request_two_persons'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'registered'), _negated=True), models.Q(('receipt__isnull', False), ('register_no__isnull', False), ('inspector_at__isnull', False), ('owner_at__isnull', False), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='issue_request_confirmed_by_three'), models.UniqueConstraint(condition=models.Q(('state', 'requested')), fields=('intake',), name='issue_request_one_open')],
                    },
                ),
                migrations.CreateModel(
                    name='Lender',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.CharField(max_length=16, unique=True)),
                        ('name', models.CharField(max_length=120, unique=True)),
                        ('uscc', models.CharField(max_length=18)),
                        ('first_ltv_bps', models.PositiveIntegerField()),
                        ('call_ltv_bps', models.PositiveIntegerField()),
                        ('cure_days', models.PositiveSmallIntegerField()),
                        ('active', models.BooleanField(default=True)),
                    ],
                    options={
                        'ordering': ['code'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('first_ltv_bps__gt', 0), ('first_ltv_bps__lt', models.F('call_ltv_bps')), ('call_ltv_bps__lte', 10000)), name='lender_call_above_first')],
                    },
                ),
                migrations.CreateModel(
                    name='LifeEvent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('subject_no', models.CharField(max_length=24)),
                        ('seq', models.PositiveIntegerField()),
                        ('action', models.CharField(max_length=16)),
                        ('stage', models.CharField(max_length=12)),
                        ('party', models.CharField(max_length=12)),
                        ('institution', models.CharField(max_length=40)),
                        ('actor', models.CharField(max_length=150)),
                        ('at', models.DateTimeField()),
                        ('said', models.TextField()),
                        ('prev_hash', models.CharField(max_length=64)),
                        ('hash', models.CharField(max_length=64, unique=True)),
                        ('key_id', models.CharField(max_length=16)),
                        ('signature', models.CharField(max_length=128)),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.UniqueConstraint(fields=('subject_no', 'seq'), name='life_event_once'), models.CheckConstraint(condition=models.Q(('seq__gte', 1)), name='life_event_from_one')],
                    },
                ),
                migrations.CreateModel(
                    name='LossNotice',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reason', models.CharField(max_length=500)),
                        ('announced_on', models.DateField()),
                        ('objections_until', models.DateField()),
                        ('objection', models.CharField(blank=True, max_length=500)),
                        ('state', models.CharField(choices=[('announced', '公示中'), ('objected', '有异议'), ('replaced', '已补发'), ('withdrawn', '已撤回')], default='announced', max_length=10)),
                        ('proposed_by', models.CharField(max_length=150)),
                        ('decided_by', models.CharField(blank=True, max_length=150)),
                        ('decided_at', models.DateTimeField(null=True)),
                        ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='loss_notices', to='warehouse_receipts.receipt')),
                        ('set_aside', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='loss_notices', to='warehouse_receipts.setaside')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('decided_by', models.F('proposed_by')), _negated=True), name='loss_two_persons'), models.UniqueConstraint(condition=models.Q(('state__in', ['announced', 'objected'])), fields=('receipt',), name='loss_one_open')],
                    },
                ),
                migrations.CreateModel(
                    name='LotOrigin',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('grower', models.CharField(max_length=60)),
                        ('plot', models.CharField(max_length=60)),
                        ('village', models.CharField(blank=True, max_length=60)),
                        ('bagged_on', models.DateField(null=True)),
                        ('unbagged_on', models.DateField(null=True)),
                        ('harvested_on', models.DateField()),
                        ('treatments', models.JSONField(default=list)),
                        ('certificate_no', models.CharField(max_length=60)),
                        ('certificate_issuer', models.CharField(max_length=60)),
                        ('intake', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='origin', to='warehouse_receipts.intake')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('bagged_on__isnull', True), ('unbagged_on__isnull', True), ('unbagged_on__gte', models.F('bagged_on')), _connector='OR'), name='lot_unbagged_after_bagging'), models.CheckConstraint(condition=models.Q(('unbagged_on__isnull', True), ('harvested_on__gte', models.F('unbagged_on')), _connector='OR'), name='lot_harvested_after_unbagging')],
                    },
                ),
                migrations.CreateModel(
                    name='LotPhoto',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('gate', '进门'), ('scale', '过磅'), ('sample', '样品'), ('room', '库间')], max_length=10)),
                        ('sha256', models.CharField(max_length=64)),
                        ('content_type', models.CharField(max_length=20)),
                        ('size_bytes', models.PositiveIntegerField()),
                        ('taken_at', models.DateTimeField()),
                        ('actor', models.CharField(max_length=150)),
                        ('intake', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to='warehouse_receipts.intake')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.UniqueConstraint(fields=('intake', 'sha256'), name='lot_photo_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Pickup',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.CharField(max_length=24, unique=True)),
                        ('holder_no', models.BigIntegerField()),
                        ('product_number', models.BigIntegerField()),
                        ('kg', models.BigIntegerField()),
                        ('state', models.CharField(choices=[('requested', '已申请'), ('booked', '已确认'), ('arrived', '已到库'), ('done', '已出库'), ('cancelled', '已取消')], default='requested', max_length=12)),
                        ('plate', models.CharField(max_length=16)),
                        ('person', models.CharField(max_length=60)),
                        ('id_masked', models.CharField(max_length=18)),
                        ('id_hash', models.CharField(max_length=64)),
                        ('code_hash', models.CharField(max_length=64)),
                        ('wrong_codes', models.PositiveSmallIntegerField(default=0)),
                        ('slot_at', models.DateTimeField()),
                        ('confirmed_by', models.CharField(blank=True, max_length=150)),
                        ('requested_at', models.DateTimeField()),
                        ('arrived_at', models.DateTimeField(null=True)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('delivered_kg', models.BigIntegerField(default=0)),
                        ('weighed_kg', models.BigIntegerField(default=0)),
                        ('gate_pass_no', models.CharField(max_length=24, null=True, unique=True)),
                        ('reason', models.CharField(blank=True, max_length=500)),
                        ('set_aside', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='pickup', to='warehouse_receipts.setaside')),
                        ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pickups', to='warehouse_receipts.warehouse')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'indexes': [models.Index(fields=['holder_no', '-id'], name='pickup_by_holder'), models.Index(fields=['warehouse', 'slot_at'], name='pickup_by_slot')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('delivered_kg__gte', 0), ('delivered_kg__lte', models.F('kg')), ('kg__gt', 0), ('weighed_kg__gte', 0)), name='pickup_within_receipts'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(('delivered_kg__gt', 0), ('gate_pass_no__isnull', False)), _connector='OR'), name='pickup_done_with_gate_pass')],
                    },
                ),
                migrations.CreateModel(
                    name='Load',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kg', models.BigIntegerField()),
                        ('weighed_kg', models.BigIntegerField()),
                        ('over_short_kg', models.BigIntegerField()),
                        ('at', models.DateTimeField()),
                        ('actor', models.CharField(max_length=150)),
                        ('receipt', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='load', to='warehouse_receipts.receipt')),
                        ('pickup', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='loads', to='warehouse_receipts.pickup')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('kg__gt', 0), ('over_short_kg', django.db.models.expressions.CombinedExpression(models.F('weighed_kg'), '-', models.F('kg'))), ('weighed_kg__gt', 0)), name='load_over_short')],
                    },
                ),
                migrations.CreateModel(
                    name='Pledge',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.CharField(max_length=24, unique=True)),
                        ('holder_no', models.BigIntegerField()),
                        ('product_number', models.BigIntegerField()),
                        ('principal_fen', models.BigIntegerField()),
                        ('owed_fen', models.BigIntegerField()),
                        ('due_on', models.DateField()),
                        ('price_fen', models.BigIntegerField()),
                        ('valued_on', models.DateField()),
                        ('state', models.CharField(choices=[('applied', '已申请'), ('asked', '登记中'), ('registered', '已登记'), ('released', '已解押'), ('foreclosure', '申请处置'), ('foreclosed', '已处置'), ('refused', '未成立')], default='applied', max_length=12)),
                        ('registration_no', models.CharField(max_length=32, null=True, unique=True)),
                        ('call_kg', models.BigIntegerField(default=0)),
                        ('call_due_on', models.DateField(null=True)),
                        ('applied_at', models.DateTimeField()),
                        ('applied_by', models.CharField(max_length=150)),
                        ('decided_by', models.CharField(blank=True, max_length=150)),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('reason', models.CharField(blank=True, max_length=500)),
                        ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pledges', to='warehouse_receipts.lender')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'indexes': [models.Index(fields=['holder_no', '-id'], name='pledge_by_holder')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('owed_fen__gte', 0), ('owed_fen__lte', models.F('principal_fen')), ('principal_fen__gt', 0), ('call_kg__gte', 0), ('price_fen__gt', 0)), name='pledge_amounts'), models.CheckConstraint(condition=models.Q(('decided_by', models.F('applied_by')), _negated=True), name='pledge_two_persons')],
                    },
                ),
                migrations.CreateModel(
                    name='PledgedGoods',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('pledge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='goods', to='warehouse_receipts.pledge')),
                        ('set_aside', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='pledged', to='warehouse_receipts.setaside')),
                    ],
                ),
                migrations.CreateModel(
                    name='Room',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.CharField(max_length=16)),
                        ('kind', models.CharField(choices=[('cold', '机械冷库'), ('ca', '气调库')], max_length=8)),
                        ('capacity_kg', models.BigIntegerField()),
                        ('stored_kg', models.BigIntegerField(default=0)),
                        ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rooms', to='warehouse_receipts.warehouse')),
                    ],
                    options={
                        'ordering': ['warehouse_id', 'code'],
                        'constraints': [models.UniqueConstraint(fields=('warehouse', 'code'), name='room_once'), models.CheckConstraint(condition=models.Q(('stored_kg__gte', 0), ('stored_kg__lte', models.F('capacity_kg'))), name='room_within_capacity'), models.CheckConstraint(condition=models.Q(('kind__in', ['cold', 'ca'])), name='room_kind_known')],
                    },
                ),
                migrations.CreateModel(
                    name='Reading',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField()),
                        ('temperature_tenths', models.SmallIntegerField()),
                        ('humidity_pct', models.PositiveSmallIntegerField()),
                        ('source', models.CharField(max_length=12)),
                        ('alarm', models.BooleanField(default=False)),
                        ('room', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='warehouse_receipts.room')),
                    ],
                    options={
                        'ordering': ['-at'],
                        'indexes': [models.Index(condition=models.Q(('alarm', True)), fields=['room', '-at'], name='reading_alarms')],
                        'constraints': [models.UniqueConstraint(fields=('room', 'at'), name='reading_once'), models.CheckConstraint(condition=models.Q(('humidity_pct__lte', 100), ('temperature_tenths__gte', -400), ('temperature_tenths__lte', 600)), name='reading_possible')],
                    },
                ),
                migrations.CreateModel(
                    name='Sampling',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.CharField(max_length=24, unique=True)),
                        ('standard', models.CharField(max_length=30)),
                        ('edition', models.CharField(max_length=10)),
                        ('lot_pieces', models.PositiveIntegerField()),
                        ('least_pieces', models.PositiveIntegerField()),
                        ('pieces', models.PositiveIntegerField()),
                        ('fruit', models.PositiveIntegerField()),
                        ('sampler', models.CharField(max_length=60)),
                        ('seal_no', models.CharField(blank=True, max_length=40)),
                        ('sampled_at', models.DateTimeField()),
                        ('filing_no', models.CharField(blank=True, max_length=40)),
                        ('filed_at', models.DateTimeField(null=True)),
                        ('filed_by', models.CharField(blank=True, max_length=150)),
                        ('intake', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='samplings', to='warehouse_receipts.intake')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('fruit__gt', 0), ('pieces__gte', models.F('least_pieces')), ('pieces__lte', models.F('lot_pieces'))), name='sampling_follows_the_plan'), models.CheckConstraint(condition=models.Q(models.Q(('filed_at__isnull', True), ('filing_no', '')), models.Q(('filed_at__isnull', False), models.Q(('filing_no', ''), _negated=True)), _connector='OR'), name='sampling_filed_with_number')],
                    },
                ),
                migrations.CreateModel(
                    name='StockTake',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('no', models.CharField(max_length=24, unique=True)),
                        ('state', models.CharField(choices=[('counted', '已盘点待复核'), ('even', '账实相符'), ('short', '短少'), ('settled', '已处理'), ('void', '作废')], default='counted', max_length=10)),
                        ('proposed_by', models.CharField(max_length=150)),
                        ('counted_at', models.DateTimeField()),
                        ('decided_by', models.CharField(blank=True, max_length=150)),
                        ('decided_at', models.DateTimeField(null=True)),
                        ('note', models.CharField(blank=True, max_length=500)),
                        ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stock_takes', to='warehouse_receipts.warehouse')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('decided_by', models.F('proposed_by')), _negated=True), name='stock_take_two_persons'), models.UniqueConstraint(condition=models.Q(('state__in', ['counted', 'short'])), fields=('warehouse',), name='stock_take_one_open')],
                    },
                ),
                migrations.CreateModel(
                    name='StockTakeLine',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('product_number', models.BigIntegerField()),
                        ('counted_kg', models.BigIntegerField()),
                        ('physical_kg', models.BigIntegerField()),
                        ('receipted_kg', models.BigIntegerField()),
                        ('allowance_kg', models.BigIntegerField()),
                        ('shortfall_kg', models.BigIntegerField(default=0)),
                        ('stock_take', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='warehouse_receipts.stocktake')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('stock_take', 'product_number'), name='stock_take_line_once'), models.CheckConstraint(condition=models.Q(('allowance_kg__gte', 0), ('counted_kg__gte', 0), ('shortfall_kg__gte', 0)), name='stock_take_line_kg')],
                    },
                ),
                migrations.CreateModel(
                    name='StorageFee',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('payer_no', models.BigIntegerField()),
                        ('kind', models.CharField(choices=[('storage', '仓储费'), ('handling', '出入库费')], max_length=10)),
                        ('from_day', models.DateField()),
                        ('to_day', models.DateField()),
                        ('days', models.PositiveIntegerField()),
                        ('kg', models.BigIntegerField()),
                        ('fee_fen', models.BigIntegerField()),
                        ('posted_reference', models.CharField(blank=True, max_length=60)),
                        ('load', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fees', to='warehouse_receipts.load')),
                    ],
                    options={
                        'ordering': ['pk'],
                        'indexes': [models.Index(condition=models.Q(('posted_reference', '')), fields=['id'], name='storage_fee_unposted')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('fee_fen__gt', 0), ('kg__gt', 0), ('to_day__gte', models.F('from_day'))), name='storage_fee_positive')],
                    },
                ),
                migrations.CreateModel(
                    name='WarehouseProposal',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('designate', '指定'), ('change', '变更'), ('suspend', '暂停'), ('resume', '恢复'), ('close', '撤销'), ('room', '增设库间')], max_length=12)),
                        ('code', models.CharField(max_length=16)),
                        ('values', models.JSONField()),
                        ('reason', models.CharField(max_length=500)),
                        ('decision', models.CharField(choices=[('waiting', '待审核'), ('approved', '已通过'), ('refused', '已驳回')], default='waiting', max_length=10)),
                        ('proposed_by', models.CharField(max_length=150)),
                        ('proposed_at', models.DateTimeField()),
                        ('decided_by', models.CharField(blank=True, max_length=150)),
                        ('decided_at', models.DateTimeField(null=True)),
                    ],
                    options={
                        'ordering': ['pk'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('decided_by', models.F('proposed_by')), _negated=True), name='warehouse_proposal_two_persons'), models.CheckConstraint(condition=models.Q(models.Q(('decided_by', ''), ('decision', 'waiting')), models.Q(models.Q(('decision', 'waiting'), _negated=True), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='warehouse_proposal_decided'), models.UniqueConstraint(condition=models.Q(('decision', 'waiting')), fields=('code',), name='warehouse_one_proposal')],
                    },
                ),
                migrations.RemoveConstraint(
                    model_name='intake',
                    name='intake_state_known',
                ),
                migrations.RemoveConstraint(
                    model_name='intake',
                    name='intake_weighed_before_more',
                ),
                migrations.RemoveConstraint(
                    model_name='stockmovement',
                    name='movement_direction',
                ),
                migrations.AddField(
                    model_name='historicalintake',
                    name='arrived_at',
                    field=models.DateTimeField(blank=True, null=True),
                ),
                migrations.AddField(
                    model_name='historicalintake',
                    name='plate',
                    field=models.CharField(blank=True, max_length=16),
                ),
                migrations.AddField(
                    model_name='historicalwarehouse',
                    name='handling_fee_fen_per_t',
                    field=models.PositiveIntegerField(default=0),
                ),
                migrations.AddField(
                    model_name='historicalwarehouse',
                    name='insured_fen',
                    field=models.BigIntegerField(default=0),
                ),
                migrations.AddField(
                    model_name='historicalwarehouse',
                    name='insured_until',
                    field=models.DateField(null=True),
                ),
                migrations.AddField(
                    model_name='historicalwarehouse',
                    name='issue_blocked',
                    field=models.BooleanField(default=False),
                ),
                migrations.AddField(
                    model_name='historicalwarehouse',
                    name='policy_no',
                    field=models.CharField(blank=True, max_length=60),
                ),
                migrations.AddField(
                    model_name='historicalwarehouse',
                    name='star',
                    field=models.PositiveSmallIntegerField(default=3),
                ),
                migrations.AddField(
                    model_name='inspection',
                    name='body_code',
                    field=models.CharField(blank=True, max_length=16),
                ),
                migrations.AddField(
                    model_name='inspection',
                    name='diameters',
                    field=models.JSONField(default=dict),
                ),
                migrations.AddField(
                    model_name='inspection',
                    name='kind',
                    field=models.CharField(choices=[('intake', '入库检验'), ('recheck', '定期复查'), ('reinspection', '复检')], default='intake', max_length=12),
                ),
                migrations.AddField(
                    model_name='inspection',
                    name='residues',
                    field=models.JSONField(default=list),
                ),
                migrations.AddField(
                    model_name='intake',
                    name='arrived_at',
                    field=models.DateTimeField(blank=True, null=True),
                ),
                migrations.AddField(
                    model_name='historicalintake',
                    name='unfit_products',
                    field=models.JSONField(blank=True, default=list),
                ),
                migrations.AddField(
                    model_name='intake',
                    name='unfit_products',
                    field=models.JSONField(blank=True, default=list),
                ),
                migrations.AddField(
                    model_name='intake',
                    name='plate',
                    field=models.CharField(blank=True, max_length=16),
                ),
                migrations.AddField(
                    model_name='warehouse',
                    name='handling_fee_fen_per_t',
                    field=models.PositiveIntegerField(default=0),
                ),
                migrations.AddField(
                    model_name='warehouse',
                    name='insured_fen',
                    field=models.BigIntegerField(default=0),
                ),
                migrations.AddField(
                    model_name='warehouse',
                    name='insured_until',
                    field=models.DateField(null=True),
                ),
                migrations.AddField(
                    model_name='warehouse',
                    name='issue_blocked',
                    field=models.BooleanField(default=False),
                ),
                migrations.AddField(
                    model_name='warehouse',
                    name='policy_no',
                    field=models.CharField(blank=True, max_length=60),
                ),
                migrations.AddField(
                    model_name='warehouse',
                    name='star',
                    field=models.PositiveSmallIntegerField(default=3),
                ),
                migrations.AddField(
                    model_name='historicalintake',
                    name='room',
                    field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='warehouse_receipts.room'),
                ),
                migrations.AddField(
                    model_name='intake',
                    name='room',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='intakes', to='warehouse_receipts.room'),
                ),
                migrations.AddField(
                    model_name='stockmovement',
                    name='room',
                    field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='warehouse_receipts.room'),
                ),
                migrations.AddField(
                    model_name='inspection',
                    name='sampling',
                    field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='inspections', to='warehouse_receipts.sampling'),
                ),
                migrations.AlterField(
                    model_name='historicalintake',
                    name='state',
                    field=models.CharField(choices=[('booked', '已预约'), ('arrived', '已到库'), ('weighed', '已过磅'), ('sampled', '已抽样'), ('inspected', '已质检'), ('stored', '已入库'), ('refused', '拒收')], default='booked', max_length=12),
                ),
                migrations.AlterField(
                    model_name='intake',
                    name='state',
                    field=models.CharField(choices=[('booked', '已预约'), ('arrived', '已到库'), ('weighed', '已过磅'), ('sampled', '已抽样'), ('inspected', '已质检'), ('stored', '已入库'), ('refused', '拒收')], default='booked', max_length=12),
                ),
                migrations.AlterField(
                    model_name='stockmovement',
                    name='intake',
                    field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='warehouse_receipts.intake'),
                ),
                migrations.AlterField(
                    model_name='stockmovement',
                    name='kind',
                    field=models.CharField(choices=[('intake', '入库'), ('pickup', '出库'), ('stocktake', '盘点'), ('regrade', '换级')], max_length=12),
                ),
                migrations.AddConstraint(
                    model_name='warehouse',
                    constraint=models.CheckConstraint(condition=models.Q(('star__gte', 1), ('star__lte', 5)), name='warehouse_star_rank'),
                ),
                migrations.AddConstraint(
                    model_name='intake',
                    constraint=models.CheckConstraint(condition=models.Q(('state__in', ['booked', 'arrived', 'weighed', 'sampled', 'inspected', 'stored', 'refused'])), name='intake_state_known'),
                ),
                migrations.AddConstraint(
                    model_name='intake',
                    constraint=models.CheckConstraint(condition=models.Q(('state__in', ['booked', 'arrived', 'refused']), models.Q(('net_kg__gt', 0), ('pieces__gt', 0), ('sample_pieces__gt', 0), ('sample_pieces__lte', models.F('pieces'))), _connector='OR'), name='intake_weighed_before_more'),
                ),
                migrations.AddConstraint(
                    model_name='stockmovement',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('intake__isnull', False), ('kg__gt', 0), ('kind', 'intake')), models.Q(('intake__isnull', True), ('kg__lt', 0), ('kind', 'pickup')), models.Q(('intake__isnull', False), ('kind', 'regrade'), models.Q(('kg', 0), _negated=True)), models.Q(('intake__isnull', True), ('kind', 'stocktake'), models.Q(('kg', 0), _negated=True)), _connector='OR'), name='movement_direction'),
                ),
                migrations.AddConstraint(
                    model_name='stockmovement',
                    constraint=models.UniqueConstraint(condition=models.Q(('kind', 'intake')), fields=('intake',), name='intake_stored_once'),
                ),
                migrations.CreateModel(
                    name='ImportedRow',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(max_length=60)),
                        ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imported_rows', to='warehouse_receipts.warehouse')),
                        ('intake', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='imported_row', to='warehouse_receipts.intake')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('warehouse', 'reference'), name='imported_row_once')],
                    },
                ),
            ]
        ),
        migrations.RunPython(build_rooms, migrations.RunPython.noop),
        VendorSQL(
            {"sqlite": [], "postgresql": ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]},
            {"sqlite": [], "postgresql": []},
        ),
        *TRIGGERS,
    ]
