"""Running the detectors over a day, and finding an alert again from the books.

The same day gives the same alerts: the key of one is the day, the kind and what it is about. Found again with
the same evidence it is known; with other evidence (the day went on, parameters changed) it gets a revision,
and whoever looks at it looks again. Runs of one day stand in line.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple, cast

import msgspec
from django.db import transaction

from exchange.kernel import audit, calendar
from exchange.kernel.audit import Actor
from exchange.kernel.canonical import canonical_hash, canonical_json
from exchange.kernel.errors import BadParameter
from exchange.kernel.ids import next_number
from exchange.surveillance.detectors import DETECTORS, detect
from exchange.surveillance.errors import UnknownAlert
from exchange.surveillance.facts import facts_of
from exchange.surveillance.models import Alert, SurveillanceRun
from exchange.surveillance.parameters import Parameters, stored_parameters
from exchange.surveillance.rules import rules_in_force
from exchange.surveillance.types import AlertState, Finding, Kind, Link, RunResult

EVIDENCE_VERSION = 1
_ALERTS = "surveillance:alert"


def run_day(day: date, *, actor: Actor = audit.SYSTEM, dry_run: bool = False) -> RunResult:
    """Runs every detector over a day and keeps what is new. Raises BadParameter for a day to come.

    A dry run writes nothing and tells keys for the numbers that new alerts would get.
    """
    if day > calendar.today():
        raise BadParameter(name="day")
    version, parameters = rules_in_force()
    findings = detect(facts_of(day, parameters), parameters)
    evidence = [evidence_of(day, finding, version, parameters) for finding in findings]
    if dry_run:
        return _compared(day, version, evidence)
    with transaction.atomic():
        number = next_number(_ALERTS + ":runs")  # the series is the lock
        assert number
        result = _compared(day, version, evidence)
        made = [_keep(day, version, each) for each in result.findings if each["status"] != "known"]
        SurveillanceRun.objects.create(
            day=day,
            rules_version=version,
            found=len(evidence),
            new=len(result.new),
            changed=len(result.changed),
            actor=actor.name,
            at=calendar.now(),
        )
        counts = {"found": len(evidence), "new": len(result.new), "changed": len(result.changed)}
        audit.record(
            actor=actor,
            action="surveillance.run",
            subject=f"surveillance:{day.isoformat()}",
            after={**counts, "rules_version": version},
        )
    numbers = {alert.key: alert.no for alert in made}
    return replace(
        result,
        new=[numbers[key] for key in result.new],
        changed=[numbers[key] for key in result.changed],
    )


def alert_key(day: date, kind: Kind, subject: str) -> str:
    """The stable name of an alert."""
    return canonical_hash({"day": day.isoformat(), "kind": kind.value, "subject": subject})


def evidence_of(day: date, finding: Finding, version: int, parameters: Parameters) -> dict[str, Any]:
    """What an alert keeps: enough to find it again from the books, by the parameters it was found by."""
    return {
        "evidence": EVIDENCE_VERSION,
        "key": alert_key(day, finding.kind, finding.subject),
        "day": day.isoformat(),
        "kind": finding.kind.value,
        "subject": finding.subject,
        "product": finding.product,
        "accounts": list(finding.accounts),
        "figures": {name: int(value) for name, value in finding.figures.items()},
        "trades": list(finding.trades),
        "orders": list(finding.orders),
        "auctions": list(finding.auctions),
        "links": [list(link) for link in finding.links],
        "rules_version": version,
        "parameters": parameters.as_values(),
    }


def _compared(day: date, version: int, evidence: Iterable[dict[str, Any]]) -> RunResult:
    """What of the evidence is new, known or changed against the newest revisions in the tables."""
    newest: dict[str, Alert] = {}
    for alert in Alert.objects.filter(day=day).order_by("revision"):
        newest[alert.key] = alert
    result = RunResult(day, version)
    known = 0
    for each in evidence:
        earlier = newest.get(each["key"])
        if earlier is None:
            status, into = "new", result.new
        elif earlier.evidence_hash == canonical_hash(each):
            status, into = "known", None
        else:
            status, into = "changed", result.changed
        if into is None:
            known += 1
        else:
            into.append(each["key"])
        revision = 1 if earlier is None else earlier.revision + (status == "changed")
        result.findings.append({"status": status, "revision": revision, **each})
    return replace(result, known=known)


def _keep(day: date, version: int, found: dict[str, Any]) -> Alert:
    """Writes a new alert, or a new revision in place of one that nobody has looked at."""
    evidence = {name: value for name, value in found.items() if name not in ("status", "revision")}
    Alert.objects.filter(key=found["key"], state=AlertState.NEW).update(state=AlertState.SUPERSEDED)
    return Alert.objects.create(
        no=f"YJ{day:%Y%m%d}-{next_number(_ALERTS):06d}",
        key=found["key"],
        revision=found["revision"],
        day=day,
        kind=found["kind"],
        product_number=found["product"],
        accounts=found["accounts"],
        rules_version=version,
        evidence=canonical_json(evidence).decode(),
        evidence_hash=canonical_hash(evidence),
        computed_at=calendar.now(),
    )


# Finding an alert again ------------------------------------------------------------------------------


class Verification(NamedTuple):
    """Whether an alert follows from the books."""

    no: str
    whole: bool
    """The evidence is what was hashed."""
    found_again: bool
    differences: tuple[str, ...]
    """Parts of the evidence that are another now: name, then, now."""

    @property
    def holds(self) -> bool:
        """Whether all of it does."""
        return self.whole and self.found_again and not self.differences


def verify_alert(no: str) -> Verification:
    """Runs the alert's detector over its day again, by the parameters and links its evidence has.

    Links are taken from the evidence since what is registered of members changes. Parameters are given, not
    found: one that came later is no difference. Raises UnknownAlert.
    """
    alert = Alert.objects.filter(no=no).first()
    if alert is None:
        raise UnknownAlert(alert=no)
    evidence = cast("dict[str, Any]", msgspec.json.decode(alert.evidence))
    whole = canonical_hash(evidence) == alert.evidence_hash
    parameters = stored_parameters(evidence["parameters"])
    facts = replace(facts_of(alert.day, parameters), links=tuple(Link(*link) for link in evidence["links"]))
    again = {
        each["key"]: {**each, "parameters": evidence["parameters"]}
        for finding in DETECTORS[Kind(alert.kind)](facts, parameters)
        for each in [evidence_of(alert.day, finding, alert.rules_version, parameters)]
    }
    found = again.get(alert.key)
    if found is None:
        return Verification(no, whole, found_again=False, differences=())
    differences = tuple(
        f"{name}: {evidence[name]} → {found[name]}" for name in evidence if evidence[name] != found.get(name)
    )
    return Verification(no, whole, found_again=True, differences=differences)
