"""What has no line of its own in a statement, by kind."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('settlement', '0006_bank_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='dailystatement',
            name='other',
            field=models.JSONField(null=True),
        ),
    ]
