from django.db import migrations

KEEP = """
-- A partner's packages, counted and summed up by what each statement moved.
CREATE FUNCTION backhaul_tally_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO backhaul_tally AS kept (partner_id, packages, with_results, merged, customers, items, revenue, why_failing, why_changed, why_unsigned, why_late, why_often, why_deviates)
    SELECT partner_id,
        sum(sign) AS packages,
        sum(sign * has_results::int) AS with_results,
        sum(sign * merged::int) AS merged,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(customers, 0) END) AS customers,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(items, 0) END) AS items,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(revenue, 0) END) AS revenue,
        sum(sign * (failing_since IS NOT NULL AND NOT vanished AND NOT merged AND status NOT IN ('EXPIRED', 'FAILED'))::int) AS why_failing,
        sum(sign * (signed = 'unsigned_by_change' AND NOT vanished AND NOT merged)::int) AS why_changed,
        sum(sign * (signed = 'unsigned' AND is_final AND has_results AND NOT pending AND NOT vanished AND NOT merged)::int) AS why_unsigned,
        sum(sign * (signed <> 'signed' AND late_changes > 0 AND NOT vanished AND NOT merged)::int) AS why_late,
        sum(sign * (signed <> 'signed' AND changes >= 3 AND NOT vanished AND NOT merged)::int) AS why_often,
        sum(sign * (signed <> 'signed' AND deviates AND NOT vanished AND NOT merged AND status NOT IN ('EXPIRED', 'FAILED'))::int) AS why_deviates
    FROM (SELECT *, 1 AS sign FROM new_rows) AS moved
    GROUP BY partner_id
    ORDER BY partner_id
    ON CONFLICT (partner_id) DO UPDATE SET
        packages = kept.packages + excluded.packages,
        with_results = kept.with_results + excluded.with_results,
        merged = kept.merged + excluded.merged,
        customers = kept.customers + excluded.customers,
        items = kept.items + excluded.items,
        revenue = kept.revenue + excluded.revenue,
        why_failing = kept.why_failing + excluded.why_failing,
        why_changed = kept.why_changed + excluded.why_changed,
        why_unsigned = kept.why_unsigned + excluded.why_unsigned,
        why_late = kept.why_late + excluded.why_late,
        why_often = kept.why_often + excluded.why_often,
        why_deviates = kept.why_deviates + excluded.why_deviates;
    RETURN NULL;
END $$;

CREATE FUNCTION backhaul_tally_less() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO backhaul_tally AS kept (partner_id, packages, with_results, merged, customers, items, revenue, why_failing, why_changed, why_unsigned, why_late, why_often, why_deviates)
    SELECT partner_id,
        sum(sign) AS packages,
        sum(sign * has_results::int) AS with_results,
        sum(sign * merged::int) AS merged,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(customers, 0) END) AS customers,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(items, 0) END) AS items,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(revenue, 0) END) AS revenue,
        sum(sign * (failing_since IS NOT NULL AND NOT vanished AND NOT merged AND status NOT IN ('EXPIRED', 'FAILED'))::int) AS why_failing,
        sum(sign * (signed = 'unsigned_by_change' AND NOT vanished AND NOT merged)::int) AS why_changed,
        sum(sign * (signed = 'unsigned' AND is_final AND has_results AND NOT pending AND NOT vanished AND NOT merged)::int) AS why_unsigned,
        sum(sign * (signed <> 'signed' AND late_changes > 0 AND NOT vanished AND NOT merged)::int) AS why_late,
        sum(sign * (signed <> 'signed' AND changes >= 3 AND NOT vanished AND NOT merged)::int) AS why_often,
        sum(sign * (signed <> 'signed' AND deviates AND NOT vanished AND NOT merged AND status NOT IN ('EXPIRED', 'FAILED'))::int) AS why_deviates
    FROM (SELECT *, -1 AS sign FROM old_rows) AS moved
    GROUP BY partner_id
    ORDER BY partner_id
    ON CONFLICT (partner_id) DO UPDATE SET
        packages = kept.packages + excluded.packages,
        with_results = kept.with_results + excluded.with_results,
        merged = kept.merged + excluded.merged,
        customers = kept.customers + excluded.customers,
        items = kept.items + excluded.items,
        revenue = kept.revenue + excluded.revenue,
        why_failing = kept.why_failing + excluded.why_failing,
        why_changed = kept.why_changed + excluded.why_changed,
        why_unsigned = kept.why_unsigned + excluded.why_unsigned,
        why_late = kept.why_late + excluded.why_late,
        why_often = kept.why_often + excluded.why_often,
        why_deviates = kept.why_deviates + excluded.why_deviates;
    RETURN NULL;
END $$;

CREATE FUNCTION backhaul_tally_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO backhaul_tally AS kept (partner_id, packages, with_results, merged, customers, items, revenue, why_failing, why_changed, why_unsigned, why_late, why_often, why_deviates)
    SELECT partner_id,
        sum(sign) AS packages,
        sum(sign * has_results::int) AS with_results,
        sum(sign * merged::int) AS merged,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(customers, 0) END) AS customers,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(items, 0) END) AS items,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(revenue, 0) END) AS revenue,
        sum(sign * (failing_since IS NOT NULL AND NOT vanished AND NOT merged AND status NOT IN ('EXPIRED', 'FAILED'))::int) AS why_failing,
        sum(sign * (signed = 'unsigned_by_change' AND NOT vanished AND NOT merged)::int) AS why_changed,
        sum(sign * (signed = 'unsigned' AND is_final AND has_results AND NOT pending AND NOT vanished AND NOT merged)::int) AS why_unsigned,
        sum(sign * (signed <> 'signed' AND late_changes > 0 AND NOT vanished AND NOT merged)::int) AS why_late,
        sum(sign * (signed <> 'signed' AND changes >= 3 AND NOT vanished AND NOT merged)::int) AS why_often,
        sum(sign * (signed <> 'signed' AND deviates AND NOT vanished AND NOT merged AND status NOT IN ('EXPIRED', 'FAILED'))::int) AS why_deviates
    FROM (SELECT *, 1 AS sign FROM new_rows UNION ALL SELECT *, -1 FROM old_rows) AS moved
    GROUP BY partner_id
    ORDER BY partner_id
    ON CONFLICT (partner_id) DO UPDATE SET
        packages = kept.packages + excluded.packages,
        with_results = kept.with_results + excluded.with_results,
        merged = kept.merged + excluded.merged,
        customers = kept.customers + excluded.customers,
        items = kept.items + excluded.items,
        revenue = kept.revenue + excluded.revenue,
        why_failing = kept.why_failing + excluded.why_failing,
        why_changed = kept.why_changed + excluded.why_changed,
        why_unsigned = kept.why_unsigned + excluded.why_unsigned,
        why_late = kept.why_late + excluded.why_late,
        why_often = kept.why_often + excluded.why_often,
        why_deviates = kept.why_deviates + excluded.why_deviates;
    RETURN NULL;
END $$;

CREATE TRIGGER tally_more AFTER INSERT ON backhaul_summary
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backhaul_tally_more();
CREATE TRIGGER tally_less AFTER DELETE ON backhaul_summary
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backhaul_tally_less();
CREATE TRIGGER tally_moved AFTER UPDATE ON backhaul_summary
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backhaul_tally_moved();

INSERT INTO backhaul_tally (partner_id, packages, with_results, merged, customers, items, revenue, why_failing, why_changed, why_unsigned, why_late, why_often, why_deviates)
SELECT partner_id,
        sum(sign) AS packages,
        sum(sign * has_results::int) AS with_results,
        sum(sign * merged::int) AS merged,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(customers, 0) END) AS customers,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(items, 0) END) AS items,
        sum(CASE WHEN merged THEN 0 ELSE sign * COALESCE(revenue, 0) END) AS revenue,
        sum(sign * (failing_since IS NOT NULL AND NOT vanished AND NOT merged AND status NOT IN ('EXPIRED', 'FAILED'))::int) AS why_failing,
        sum(sign * (signed = 'unsigned_by_change' AND NOT vanished AND NOT merged)::int) AS why_changed,
        sum(sign * (signed = 'unsigned' AND is_final AND has_results AND NOT pending AND NOT vanished AND NOT merged)::int) AS why_unsigned,
        sum(sign * (signed <> 'signed' AND late_changes > 0 AND NOT vanished AND NOT merged)::int) AS why_late,
        sum(sign * (signed <> 'signed' AND changes >= 3 AND NOT vanished AND NOT merged)::int) AS why_often,
        sum(sign * (signed <> 'signed' AND deviates AND NOT vanished AND NOT merged AND status NOT IN ('EXPIRED', 'FAILED'))::int) AS why_deviates
FROM (SELECT *, 1 AS sign FROM backhaul_summary) AS moved
GROUP BY partner_id;
"""

FORGET = """
DROP FUNCTION backhaul_tally_more() CASCADE;
DROP FUNCTION backhaul_tally_less() CASCADE;
DROP FUNCTION backhaul_tally_moved() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("backhaul", "0010_tallies")]

    operations = [migrations.RunSQL(KEEP, FORGET)]
