"""The table in which Django's cache counts sign-in attempts, shaped as `createcachetable` makes it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=[
                "CREATE TABLE sign_in_attempts (cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, "
                "expires timestamp with time zone NOT NULL)",
                "CREATE INDEX sign_in_attempts_expires ON sign_in_attempts (expires)",
            ],
            reverse_sql="DROP TABLE sign_in_attempts",
        )
    ]
