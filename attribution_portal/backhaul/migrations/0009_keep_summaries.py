from django.db import migrations

KEEP = """
-- Keeps backhaul_summary: one narrow row per package, put together from the rows that hold its facts whenever one of
-- them changes. Set-based: one statement per statement that changed something, however many packages it touched.

-- The day of a moment in a zone. A zone that this server does not know counts as UTC: a list must never keep results
-- from being stored.
CREATE FUNCTION backhaul_day(moment timestamptz, zone text) RETURNS date LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (moment AT TIME ZONE zone)::date;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN (moment AT TIME ZONE 'UTC')::date;
END $$;

-- As state.window_end: nothing without both, for a negative window, and beyond the calendar.
CREATE FUNCTION backhaul_window_end(sent date, days bigint) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN days >= 0 AND sent + LEAST(days, 4000000)::int <= DATE '9999-12-31'
        THEN sent + LEAST(days, 4000000)::int
    END
$$;

CREATE FUNCTION backhaul_summarise(packages bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(packages) = 0 THEN
        RETURN;
    END IF;
    INSERT INTO backhaul_summary AS kept (
        package_id, partner_id, title, search, status, merged, vanished, created_at, model, window_end,
        has_results, customers, items, revenue, result_at, settings_at, moved_at, first_seen, pending, is_final,
        failing_since, changes, late_changes, deviates, signed, signed_at, signed_by
    )
    SELECT
        p.id, p.partner_id, COALESCE(NULLIF(p.title, ''), p.package_id),
        lower(concat_ws(' ', p.title, p.package_id, named.titles)),
        p.status, p.merge_id <> '', p.vanished_at IS NOT NULL, p.created_at, s.model, w.last,
        e.id IS NOT NULL, e.customers, e.items, e.revenue, e.first_seen, s.settings_changed_at,
        GREATEST(e.first_seen, s.settings_changed_at), p.first_seen, s.pending_changes > 0,
        CASE
            WHEN e.id IS NULL OR w.last IS NULL OR e.last_confirmed AT TIME ZONE 'UTC' < w.last THEN false
            WHEN e.last_confirmed AT TIME ZONE 'UTC' >= w.last + 3 THEN true
            ELSE backhaul_day(e.last_confirmed, a.timezone) > w.last
        END,
        s.failing_since, c.made, c.late,
        COALESCE(
            (d.model <> '' AND s.model <> d.model AND s.model <> '' AND NOT s.inherited @> '["model"]')
            OR (s."window" <> d."window" AND NOT s.inherited @> '["window"]')
            OR (s.email_sent_date <> d.email_sent_date AND NOT s.inherited @> '["email_sent_date"]'),
            false
        ),
        CASE
            WHEN r.id IS NULL OR r.withdrawn_at IS NOT NULL THEN 'unsigned'
            WHEN r.evaluation_id IS DISTINCT FROM s.latest_id
                OR r.settings_changed_at IS DISTINCT FROM s.settings_changed_at
                OR r.model <> s.model
                OR r."window" IS DISTINCT FROM s."window"
                OR r.email_sent_date IS DISTINCT FROM s.email_sent_date THEN 'unsigned_by_change'
            ELSE 'signed'
        END,
        CASE WHEN r.withdrawn_at IS NULL THEN r.at END,
        COALESCE(CASE WHEN r.withdrawn_at IS NULL THEN r.reviewer_name END, '')
    FROM backhaul_package p
    JOIN partners_partner a ON a.id = p.partner_id
    JOIN backhaul_pollstate s ON s.package_id = p.id
    LEFT JOIN backhaul_evaluation e ON e.id = s.latest_id
    LEFT JOIN backhaul_knowndefaults d ON d.partner_id = p.partner_id
    CROSS JOIN LATERAL (SELECT backhaul_window_end(s.email_sent_date, s."window") AS last) w
    LEFT JOIN LATERAL (
        SELECT string_agg(event ->> 'title', ' ') AS titles
        FROM jsonb_array_elements(CASE jsonb_typeof(p.events) WHEN 'array' THEN p.events ELSE '[]' END) event
    ) named ON true
    LEFT JOIN LATERAL (
        SELECT * FROM backhaul_review mine WHERE mine.package_id = p.id ORDER BY mine.at DESC, mine.id DESC LIMIT 1
    ) r ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS made, count(*) FILTER (
            WHERE backhaul_window_end(mine.before_email_sent_date, mine.before_window)
                < backhaul_day(mine.made_at, a.timezone)
        ) AS late
        FROM backhaul_settingschange mine WHERE mine.package_id = p.id AND mine.outcome = 'done'
    ) c ON true
    WHERE p.id = ANY(packages)
    ORDER BY p.id
    ON CONFLICT (package_id) DO UPDATE SET
        partner_id = excluded.partner_id, title = excluded.title, search = excluded.search, status = excluded.status,
        merged = excluded.merged, vanished = excluded.vanished, created_at = excluded.created_at,
        model = excluded.model, window_end = excluded.window_end, has_results = excluded.has_results,
        customers = excluded.customers, items = excluded.items, revenue = excluded.revenue,
        result_at = excluded.result_at, settings_at = excluded.settings_at, moved_at = excluded.moved_at,
        first_seen = excluded.first_seen, pending = excluded.pending, is_final = excluded.is_final,
        failing_since = excluded.failing_since, changes = excluded.changes, late_changes = excluded.late_changes,
        deviates = excluded.deviates, signed = excluded.signed, signed_at = excluded.signed_at,
        signed_by = excluded.signed_by
    WHERE kept.* IS DISTINCT FROM excluded.*;
END $$;

CREATE FUNCTION backhaul_package_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM backhaul_summarise(ARRAY(
        SELECT n.id FROM new_rows n JOIN old_rows o ON o.id = n.id
        WHERE (n.title, n.status, n.merge_id, n.events, n.created_at, n.vanished_at, n.first_seen, n.partner_id)
            IS DISTINCT FROM
            (o.title, o.status, o.merge_id, o.events, o.created_at, o.vanished_at, o.first_seen, o.partner_id)
    ));
    RETURN NULL;
END $$;

CREATE FUNCTION backhaul_poll_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM backhaul_summarise(ARRAY(SELECT package_id FROM new_rows));
    RETURN NULL;
END $$;

-- Claims, due times and good readings without news pass.
CREATE FUNCTION backhaul_poll_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM backhaul_summarise(ARRAY(
        SELECT n.package_id FROM new_rows n JOIN old_rows o ON o.package_id = n.package_id
        WHERE (n.model, n."window", n.email_sent_date, n.inherited, n.settings_changed_at, n.pending_changes > 0,
            n.failing_since, n.latest_id)
            IS DISTINCT FROM
            (o.model, o."window", o.email_sent_date, o.inherited, o.settings_changed_at, o.pending_changes > 0,
            o.failing_since, o.latest_id)
    ));
    RETURN NULL;
END $$;

-- A reading that confirms results matters once: when it is the first after the window's last day.
CREATE FUNCTION backhaul_result_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM backhaul_summarise(ARRAY(
        SELECT DISTINCT n.package_id FROM new_rows n
        JOIN old_rows o ON o.id = n.id
        JOIN backhaul_summary s ON s.package_id = n.package_id
        WHERE (n.customers, n.items, n.revenue, n.first_seen)
            IS DISTINCT FROM (o.customers, o.items, o.revenue, o.first_seen)
            OR n.last_confirmed < o.last_confirmed
            OR (NOT s.is_final AND n.last_confirmed AT TIME ZONE 'UTC' >= s.window_end)
    ));
    RETURN NULL;
END $$;

CREATE FUNCTION backhaul_settings_change_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM backhaul_summarise(ARRAY(SELECT DISTINCT package_id FROM new_rows WHERE outcome = 'done'));
    RETURN NULL;
END $$;

CREATE FUNCTION backhaul_review_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM backhaul_summarise(ARRAY(SELECT DISTINCT package_id FROM new_rows));
    RETURN NULL;
END $$;

CREATE FUNCTION backhaul_defaults_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM backhaul_summarise(ARRAY(SELECT id FROM backhaul_package WHERE partner_id = NEW.partner_id));
    RETURN NULL;
END $$;

CREATE FUNCTION backhaul_zone_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM backhaul_summarise(ARRAY(SELECT id FROM backhaul_package WHERE partner_id = NEW.id));
    RETURN NULL;
END $$;

CREATE TRIGGER summary_package AFTER UPDATE ON backhaul_package
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backhaul_package_changed();
CREATE TRIGGER summary_poll_begun AFTER INSERT ON backhaul_pollstate
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backhaul_poll_begun();
CREATE TRIGGER summary_poll AFTER UPDATE ON backhaul_pollstate
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backhaul_poll_changed();
CREATE TRIGGER summary_result AFTER UPDATE ON backhaul_evaluation
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backhaul_result_changed();
CREATE TRIGGER summary_change_made AFTER INSERT ON backhaul_settingschange
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backhaul_settings_change_made();
CREATE TRIGGER summary_change AFTER UPDATE ON backhaul_settingschange
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backhaul_settings_change_made();
CREATE TRIGGER summary_review_made AFTER INSERT ON backhaul_review
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backhaul_review_changed();
CREATE TRIGGER summary_review AFTER UPDATE ON backhaul_review
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backhaul_review_changed();
CREATE TRIGGER summary_defaults_read AFTER INSERT ON backhaul_knowndefaults
    FOR EACH ROW EXECUTE FUNCTION backhaul_defaults_changed();
CREATE TRIGGER summary_defaults AFTER UPDATE ON backhaul_knowndefaults
    FOR EACH ROW WHEN (
        (OLD.model, OLD."window", OLD.email_sent_date) IS DISTINCT FROM (NEW.model, NEW."window", NEW.email_sent_date)
    ) EXECUTE FUNCTION backhaul_defaults_changed();
CREATE TRIGGER summary_zone AFTER UPDATE OF timezone ON partners_partner
    FOR EACH ROW WHEN (OLD.timezone IS DISTINCT FROM NEW.timezone) EXECUTE FUNCTION backhaul_zone_changed();

SELECT backhaul_summarise(ARRAY(SELECT id FROM backhaul_package));
"""

FORGET = """
DROP FUNCTION backhaul_day(timestamptz, text) CASCADE;
DROP FUNCTION backhaul_window_end(date, bigint) CASCADE;
DROP FUNCTION backhaul_summarise(bigint[]) CASCADE;
DROP FUNCTION backhaul_package_changed() CASCADE;
DROP FUNCTION backhaul_poll_begun() CASCADE;
DROP FUNCTION backhaul_poll_changed() CASCADE;
DROP FUNCTION backhaul_result_changed() CASCADE;
DROP FUNCTION backhaul_settings_change_made() CASCADE;
DROP FUNCTION backhaul_review_changed() CASCADE;
DROP FUNCTION backhaul_defaults_changed() CASCADE;
DROP FUNCTION backhaul_zone_changed() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("backhaul", "0008_summaries"), ("partners", "0002_accounts_and_switches")]

    operations = [migrations.RunSQL(KEEP, FORGET)]
