from django.db import migrations

# What touches every package of a partner stands in line at their poll states, as recording does: else it would put
# summaries together from what it saw before it waited for somebody's, and write that over what they stored; and the two
# could wait for each other in a circle. Each statement of these functions sees what was committed before it began.
STAND_IN_LINE = """
CREATE OR REPLACE FUNCTION backhaul_defaults_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM backhaul_pollstate WHERE partner_id = NEW.partner_id ORDER BY package_id FOR UPDATE;
    PERFORM backhaul_summarise(ARRAY(SELECT id FROM backhaul_package WHERE partner_id = NEW.partner_id));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION backhaul_zone_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM backhaul_pollstate WHERE partner_id = NEW.id ORDER BY package_id FOR UPDATE;
    PERFORM backhaul_summarise(ARRAY(SELECT id FROM backhaul_package WHERE partner_id = NEW.id));
    RETURN NULL;
END $$;

SELECT backhaul_summarise(ARRAY(SELECT id FROM backhaul_package));
"""

JUMP_THE_LINE = """
CREATE OR REPLACE FUNCTION backhaul_defaults_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM backhaul_summarise(ARRAY(SELECT id FROM backhaul_package WHERE partner_id = NEW.partner_id));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION backhaul_zone_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM backhaul_summarise(ARRAY(SELECT id FROM backhaul_package WHERE partner_id = NEW.id));
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("backhaul", "0011_keep_tallies")]

    operations = [migrations.RunSQL(STAND_IN_LINE, JUMP_THE_LINE)]
