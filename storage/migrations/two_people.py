"""Triggers that keep one person from both making and approving an agreement.

Beside them, a CHECK keeps whoever took a request down from deciding on it.
"""

from __future__ import annotations

from alembic import op

APPROVED_BY = "an agreement is approved by a named person who recorded none of its consents"
RECORDED_BY = "a consent to an agreement is not recorded by whoever approved it"

NO_OTHER_PERSON = (
    "NEW.status = 'active' AND ((OLD.status = 'pending_approval' AND NEW.decided_by IS NULL) OR EXISTS ("
    "SELECT 1 FROM consent WHERE agreement_id = NEW.id AND lower(recorded_by) = lower(NEW.decided_by)))"
)
APPROVER_RECORDS = (
    "EXISTS (SELECT 1 FROM agreement WHERE id = NEW.agreement_id AND status <> 'rejected' "
    "AND lower(decided_by) = lower(NEW.recorded_by))"
)


def demand_two_people() -> None:
    """Create the triggers on `agreement` and `consent`, on the database the migration runs on."""
    _refuse("agreement_two_people", "UPDATE OF status, decided_by ON agreement", NO_OTHER_PERSON, APPROVED_BY)
    for change in ("INSERT", "UPDATE"):
        _refuse(f"consent_two_people_{change.lower()}", f"{change} ON consent", APPROVER_RECORDS, RECORDED_BY)


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
