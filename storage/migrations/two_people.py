"""Triggers that keep an agreement from coming in force without its consents and without another person's approval.

Beside them, a CHECK keeps whoever took a request down from deciding on it.
"""

from __future__ import annotations

from alembic import op

APPROVED_BY = "an agreement is approved by a named person who recorded none of its consents"
CONSENTED = "an agreement comes in force only with every consent its quote needs"
RECORDED_BY = "a consent to an agreement is not recorded by whoever approved it"
FIXED = "the quote of an agreement, who took it down and who decided on it never change"

IN_FORCE = "IN ('active', 'replaced')"
NOBODY_APPROVED = (
    "NEW.decided_by IS NULL AND (NEW.requested_by IS NOT NULL OR EXISTS (SELECT 1 FROM quote "
    "WHERE quote.id = NEW.quote_id AND (quote.needs_approval OR quote.approval_level IS NOT NULL)))"
)
APPROVER_RECORDED = (
    "EXISTS (SELECT 1 FROM consent WHERE consent.agreement_id = NEW.id "
    "AND lower(consent.recorded_by) = lower(NEW.decided_by))"
)
CONSENT_LACKING = (
    "EXISTS (SELECT 1 FROM quote, {parties} WHERE quote.id = NEW.quote_id AND party.value NOT IN "
    "(SELECT consent.party FROM consent WHERE consent.agreement_id = NEW.id))"
)
PARTIES = {
    "sqlite": "json_each(quote.consents_needed) AS party",
    "postgresql": "jsonb_array_elements_text(quote.consents_needed) AS party(value)",
}
CHANGED = " OR ".join(
    (
        "NEW.quote_id <> OLD.quote_id",
        "coalesce(NEW.requested_by, '') <> coalesce(OLD.requested_by, '')",
        "coalesce(NEW.decided_by, '') <> OLD.decided_by",
    )
)
APPROVER_RECORDS = (
    "EXISTS (SELECT 1 FROM agreement WHERE id = NEW.agreement_id AND status <> 'rejected' "
    "AND lower(decided_by) = lower(NEW.recorded_by))"
)


def demand_two_people() -> None:
    """Create the triggers on `agreement` and `consent`, on the database the migration runs on.

    An agreement that was replaced comes back in force as it was; all that is asked was asked when it first did.
    """
    lacking = CONSENT_LACKING.format(parties=PARTIES[op.get_bind().dialect.name])
    comes = {
        "INSERT": f"NEW.status {IN_FORCE}",
        "UPDATE OF status": f"NEW.status {IN_FORCE} AND OLD.status NOT {IN_FORCE}",
    }
    for when, in_force in comes.items():
        name = when.split()[0].lower()
        _refuse(
            f"agreement_approved_{name}",
            f"{when} ON agreement",
            f"{in_force} AND {NOBODY_APPROVED}",
            APPROVED_BY,
        )
        _refuse(f"agreement_consented_{name}", f"{when} ON agreement", f"{in_force} AND {lacking}", CONSENTED)
    deciding = "UPDATE OF status, decided_by ON agreement"
    _refuse("agreement_two_people", deciding, f"NEW.status {IN_FORCE} AND {APPROVER_RECORDED}", APPROVED_BY)
    _refuse("agreement_fixed", "UPDATE OF quote_id, requested_by, decided_by ON agreement", CHANGED, FIXED)
    _refuse("consent_two_people", "INSERT ON consent", APPROVER_RECORDS, RECORDED_BY)


def _refuse(name: str, when: str, condition: str, message: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} THEN RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {when} FOR EACH ROW EXECUTE FUNCTION {name}()")
