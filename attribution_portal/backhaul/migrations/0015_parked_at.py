from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('backhaul', '0014_by_last_change'),
    ]

    operations = [
        migrations.AddField(
            model_name='partnerpoll',
            name='parked_at',
            field=models.DateTimeField(null=True),
        ),
    ]
