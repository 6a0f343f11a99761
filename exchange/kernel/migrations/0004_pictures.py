from django.db import migrations, models

from exchange.kernel.triggers import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0003_institution_clients'),
    ]

    operations = [
        migrations.CreateModel(
            name='Picture',
            fields=[
                ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('full_sha256', models.CharField(max_length=64)),
                ('thumb_sha256', models.CharField(max_length=64)),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
                ('size_bytes', models.PositiveIntegerField()),
                ('kept_at', models.DateTimeField()),
            ],
        ),
        *append_only(table='kernel_picture', message='pictures are final'),
    ]
