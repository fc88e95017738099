from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('backhaul', '0006_looks'),
    ]

    operations = [
        migrations.AddField(
            model_name='partnerpoll',
            name='claimed_at',
            field=models.DateTimeField(null=True),
        ),
    ]
