"""What warehouses owe for goods short beyond their loss allowance."""

from django.db import migrations, models

from exchange.kernel.triggers import VendorSQL, refuse


class Migration(migrations.Migration):

    dependencies = [
        ('settlement', '0008_contract_pickups'),
    ]

    operations = [
        migrations.CreateModel(
            name='StoreLoss',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pickup_no', models.CharField(max_length=24)),
                ('trade_id', models.BigIntegerField()),
                ('number', models.PositiveSmallIntegerField()),
                ('store_code', models.CharField(max_length=16)),
                ('account_no', models.PositiveIntegerField()),
                ('kg', models.BigIntegerField()),
                ('price_fen', models.BigIntegerField()),
                ('fen', models.BigIntegerField()),
                ('at_ns', models.BigIntegerField()),
                ('paid_at_ns', models.BigIntegerField(null=True)),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('fen__gt', 0), ('paid_at_ns__isnull', True)), fields=['store_code', 'id'], name='store_loss_unpaid'), models.Index(fields=['account_no', 'id'], name='store_loss_by_account')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('fen', 0), _negated=True), ('kg__gte', 0), ('price_fen__gt', 0)), name='store_loss_amount'), models.UniqueConstraint(fields=('pickup_no', 'trade_id', 'number'), name='store_loss_once')],
            },
        ),
        VendorSQL(
            *refuse(
                name="settlement_storeloss_fixed",
                table="settlement_storeloss",
                event="UPDATE",
                when="OLD.paid_at_ns IS NOT NULL OR "
                + " OR ".join(
                    f"NEW.{column} <> OLD.{column}"
                    for column in "pickup_no trade_id number store_code account_no kg price_fen fen".split()
                ),
                message="what a store owes is an entry of its own, and paid once",
            )
        ),
        VendorSQL(
            *refuse(
                name="settlement_storeloss_stays",
                table="settlement_storeloss",
                event="DELETE",
                message="what a store owes stays",
            )
        ),
    ]
