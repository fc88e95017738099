from django.db import migrations

GUARD = """
-- A partner's zone is one of the names that this server knows, in their very capitals. Asked for by name and not tried
-- out: AT TIME ZONE also takes 'europe/berlin', 'CEST' and 'UTC+1', which the portal's own tables do not have. Reading
-- all names takes 15 ms, so the two that every server has are let through. A trigger and no CHECK: a server with other
-- tables of zones must still take what it stored before.
CREATE FUNCTION partners_zone_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.timezone IN ('UTC', 'Europe/Berlin') THEN
        RETURN NEW;
    END IF;
    IF NEW.timezone IN ('localtime', 'Factory', 'posixrules')
        OR NOT EXISTS (SELECT 1 FROM pg_timezone_names WHERE name = NEW.timezone)
    THEN
        RAISE EXCEPTION '"%" is no time zone that this server knows', NEW.timezone USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER partners_zone_known_new BEFORE INSERT ON partners_partner
    FOR EACH ROW EXECUTE FUNCTION partners_zone_known();
CREATE TRIGGER partners_zone_known_changed BEFORE UPDATE ON partners_partner
    FOR EACH ROW WHEN (OLD.timezone IS DISTINCT FROM NEW.timezone) EXECUTE FUNCTION partners_zone_known();
"""
FREE = """
DROP TRIGGER partners_zone_known_new ON partners_partner;
DROP TRIGGER partners_zone_known_changed ON partners_partner;
DROP FUNCTION partners_zone_known();
"""


class Migration(migrations.Migration):
    dependencies = [("partners", "0002_accounts_and_switches")]
    operations = [migrations.RunSQL(GUARD, FREE)]
