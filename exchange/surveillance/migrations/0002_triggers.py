"""Evidence, timelines, published and filed figures stay as they were; alerts and cases keep to their steps."""

from django.db import migrations

from exchange.kernel.triggers import VendorSQL, append_only, refuse
from exchange.kernel.two_people import fixed_by_triggers

ALERT = "surveillance_alert"
CASE = "surveillance_case"
REPORT = "surveillance_halfyearreport"
ALERT_STEPS = {"new": ("dismissed", "in_case", "superseded")}
CASE_STEPS = {"open": ("closing",), "closing": ("open", "closed")}


def steps(table, allowed, message):
    pairs = " OR ".join(
        f"(OLD.state = '{before}' AND NEW.state = '{after}')" for before in allowed for after in allowed[before]
    )
    return VendorSQL(
        *refuse(
            name=f"{table}_steps",
            table=table,
            event='UPDATE OF "state"',
            message=message,
            when=f"OLD.state <> NEW.state AND NOT ({pairs})",
        )
    )


def unless_changed(table, columns, message):
    return VendorSQL(
        *refuse(
            name=f"{table}_fixed",
            table=table,
            event="UPDATE",
            message=message,
            when=" OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns.split()),
        )
    )


class Migration(migrations.Migration):
    dependencies = [("surveillance", "0001_tables"), ("kernel", "0005_calendar_years")]

    operations = [
        *fixed_by_triggers(
            "surveillance_rulesversion", ("base_version", "values"), {"waiting": ("refused", "withdrawn", "approved")}
        ),
        *append_only(table="surveillance_caseentry", message="the timeline of a case is append only"),
        *append_only(table="surveillance_surveillancerun", message="a run is history"),
        *append_only(table="surveillance_monthlystatistics", message="published figures of a month stay"),
        unless_changed(
            ALERT,
            "no key revision day kind product_number accounts rules_version evidence evidence_hash computed_at",
            "the evidence of an alert is never changed",
        ),
        VendorSQL(*refuse(name="surveillance_alert_kept", table=ALERT, event="DELETE", message="an alert stays")),
        steps(ALERT, ALERT_STEPS, "an alert does not go there from here"),
        unless_changed(CASE, "no opened_by opened_at", "how a case began is never changed"),
        VendorSQL(*refuse(name="surveillance_case_kept", table=CASE, event="DELETE", message="a case stays")),
        VendorSQL(
            *refuse(
                name="surveillance_case_final",
                table=CASE,
                event="UPDATE",
                message="a closed case is final",
                when="OLD.state = 'closed'",
            )
        ),
        steps(CASE, CASE_STEPS, "a case does not go there from here"),
        *fixed_by_triggers(
            REPORT,
            ("year", "half", "figures", "figures_hash"),
            {"waiting": ("refused", "withdrawn", "filed")},
        ),
        VendorSQL(
            *refuse(
                name="surveillance_report_final",
                table=REPORT,
                event="UPDATE",
                message="a filed report is final",
                when="OLD.state = 'filed'",
            )
        ),
    ]
