"""What was computed with a value comes and goes with its draft only; weights, links and proposals stay."""

from django.db import migrations

from exchange.kernel.triggers import VendorSQL, append_only, refuse
from exchange.kernel.two_people import fixed_by_triggers

VALUE = "price_index_indexvalue"
CELL = "price_index_cellprice"
SERIES = "price_index_seriesvalue"
LINK = "price_index_indexlink"
WEIGHT = "price_index_indexweight"
EDITION = "price_index_indexedition"


def with_drafts_only(table: str, verb: str) -> VendorSQL:
    """Rows of ``table`` are inserted or deleted while the value they belong to is a draft."""
    name, row = f"{table}_{verb.lower()}_with_draft", "NEW" if verb == "INSERT" else "OLD"
    message = "what belongs to a published index value stays as it was"
    published = f"(SELECT status FROM \"{VALUE}\" WHERE id = {row}.value_id) <> 'draft'"
    forwards = {
        "sqlite": [
            f'CREATE TRIGGER "{name}" BEFORE {verb} ON "{table}" FOR EACH ROW WHEN ({published}) '
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        ],
        "postgresql": [
            f'CREATE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN IF {published} THEN '
            f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
            f"RETURN {row}; END $body$",
            f'CREATE TRIGGER "{name}" BEFORE {verb} ON "{table}" FOR EACH ROW EXECUTE FUNCTION "{name}"()',
        ],
    }
    backwards = {
        "sqlite": [f'DROP TRIGGER "{name}"'],
        "postgresql": [f'DROP TRIGGER "{name}" ON "{table}"', f'DROP FUNCTION "{name}"()'],
    }
    return VendorSQL(forwards, backwards)


class Migration(migrations.Migration):
    dependencies = [("price_index", "0004_series")]

    operations = [
        VendorSQL(
            *refuse(
                name="index_series_fixed",
                table=SERIES,
                event="UPDATE",
                message="a computed sub-index is never changed",
            )
        ),
        *(with_drafts_only(table, verb) for table in (SERIES, CELL) for verb in ("INSERT", "DELETE")),
        *append_only(table=LINK, message="the link of an edition is never changed"),
        *append_only(table=WEIGHT, message="weights are never changed: propose an edition"),
        *fixed_by_triggers(
            EDITION,
            ("definition_id", "number", "first_day", "weights"),
            {"waiting": ("approved", "refused", "withdrawn")},
        ),
    ]
