"""Writes docs/rules.md from policies/: `python -m tools.rules_table`. A test keeps the page current."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
POLICIES = ROOT / "policies"
PAGE = ROOT / "docs" / "rules.md"
UNCONFIRMED = "nobody qualified yet"
LONGEST_BEGINNING = 90

HEAD = """\
# Rules and texts

Every rule by its id, as it stands in `policies/`: what it means, its value, where it comes from, and who has confirmed
it. **Nobody qualified has confirmed these rules.** Have a lawyer do so before real borrowers are written to.

This page is generated: `.venv/bin/python -m tools.rules_table`. Change the YAML files, not the page.
"""

CHECKS = {
    "before_maturity": "Relief is asked for on or before the maturity date",
    "max_days_past_due": "At most so many days past due",
    "max_restructures": "Changed fewer times than this before",
    "max_rate_pct": "The loan's rate is at most this, percent a year",
    "max_months": "At most so many months asked for",
    "cumulative_extension": "All extensions together stay within a share of the original term, or months",
    "consent_of_guarantor": "A guarantor must consent in writing",
    "consent_of_security": "Whoever gave security must consent in writing",
    "approval_above_amount": "Above this outstanding principal staff approve",
    "approval_above_months": "Above so many months staff approve",
    "approval_above_days_past_due": "Above so many days past due staff approve",
}

IN_CODE = {
    "rulebook.effective_from": "Refuses before the rulebook is in force",
    "approval.currency": "A loan in another currency than the rulebook's needs approval",
}

NOTED = {
    "conduct.identity_first": "Nothing about a debt is said before the borrower has shown who they are",
    "conduct.crisis_stops_collection": "After a cry for help nothing is asked for; a person takes over",
    "conduct.*_stops_reminders": "A stop, a dispute, a lawyer, a death or a wrong person holds all reminders back",
    "agreement.quote_current": "Only the quote that was shown last can be chosen",
    "agreement.one_at_a_time": "While one agreement on a loan waits, no other is offered",
    "agreement.expired": "A quote can be confirmed until it ends; staff can decide until its first payment falls due, "
    "and no later than 30 days after it ended",
    "agreement.rejected": "A quote that was decided against is not agreed by another yes",
    "agreement.changed": "A quote can be confirmed while the loan is as it was quoted",
    "agreement.already_waiting": "One agreement on a loan waits at a time",
    "promise.longest_days": "A promise to pay is for a day not too far ahead",
}

CONTACT = {
    "unpaid": "Something of the instalment is still unpaid",
    "consent": "The borrower has consented to be contacted",
    "opted_out": "The borrower has not opted out",
    "suppressed": "No case or wish holds reminders back (see below)",
    "agreement_open": "No agreement on the loan waits to be decided",
    "promise_open": "No promise to pay still runs",
    "person_in_charge": "No person is in charge of the chat",
    "contact_point": "The chat is still the borrower's",
    "contact_hours": "It is within contact hours where the borrower lives; otherwise it waits",
    "cap_day": "The day's cap is not reached; otherwise it waits",
    "cap_week": "The week's cap is not reached; otherwise it waits",
}


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, *_relief(), *_contact(), *_safety(), *_texts()]
    return "\n".join(parts).rstrip() + "\n"


def _relief() -> Iterator[str]:
    for path in sorted((POLICIES / "relief").glob("*.yml")):
        book = _read(path)
        yield f"## Relief: `policies/relief/{path.name}`\n"
        yield (
            f"Rulebook `{book['id']}`, in force from {book['effective_from']}, amounts in {book['currency']}, quotes "
            f"hold {book['quote_valid_hours']} hours after the day they are made. Source: {_line(book['source'])} "
            f"Confirmed by: {_confirmed(book)}. "
            "An unmet consent or approval rule does not refuse: it makes the agreement wait.\n"
        )
        yield _table(
            ("rule", "meaning", "value", "kinds", "from", "source", "how sure", "confirmed by"),
            (
                (
                    f"`{rule['id']}`",
                    CHECKS[rule["check"]],
                    _value(rule.get("value")),
                    ", ".join(rule["kinds"]),
                    rule["effective_from"],
                    rule["source"],
                    rule.get("certainty", "see source"),
                    _confirmed(rule),
                )
                for rule in book["rules"]
            ),
        )
        yield "What is offered, the first that fits deciding:\n"
        yield _table(
            ("menu entry", "loans", "reasons", "offers, in order"),
            (
                (
                    f"`{entry['id']}`",
                    ", ".join(entry.get("methods", [])) or "any",
                    ", ".join(entry.get("reasons", [])) or "any",
                    ", ".join(offer["kind"] for offer in entry["offers"]),
                )
                for entry in book["menu"]["entries"]
            ),
        )
    yield "Rules that are in code; a conversation notes them in its log:\n"
    named = {**IN_CODE, **NOTED}
    yield _table(("rule", "meaning"), ((f"`{rule}`", meaning) for rule, meaning in named.items()))


def _contact() -> Iterator[str]:
    yield "## Contact: what every reminder must pass when it leaves\n"
    yield _table(("rule", "meaning"), ((f"`{rule}`", meaning) for rule, meaning in CONTACT.items()))
    for path in sorted((POLICIES / "contact").glob("*.yml")):
        policy = _read(path)
        yield f"## Contact: `policies/contact/{path.name}`, version {policy['version']}\n"
        rows: list[tuple[Any, ...]] = [
            (f"`{stage['id']}`", f"Reminder {_offset(stage['offset_days'])}, text `{stage['text']}`", stage)
            for stage in policy["stages"]
        ]
        rows += [
            (
                "`contact_hours`",
                f"{window['opens']}-{window['closes']} in {', '.join(window['timezones']) or 'every other time zone'}",
                window,
            )
            for window in policy["windows"]
        ]
        caps = policy["caps"]
        rows.append(("`cap_day`, `cap_week`", f"{caps['day']} a day, {caps['week']} in seven days", caps))
        rows += [
            ("`suppressed`", f"{', '.join(entry['reasons'])}: reminders {entry['state']}", entry)
            for entry in policy["suppression"]
        ]
        yield _table(
            ("rule", "meaning and value", "from", "source", "how sure", "confirmed by"),
            (
                (rule, meaning, it["effective_from"], it["source"], it["certainty"], _confirmed(it))
                for rule, meaning, it in rows
            ),
        )


def _safety() -> Iterator[str]:
    yield "## Safety lists: messages a person must see at once\n"
    yield _table(
        ("file", "categories (entries)", "from", "source", "confirmed by"),
        (
            (
                f"`policies/safety/{path.name}`",
                ", ".join(f"{name} ({_entries(body)})" for name, body in lists["categories"].items()),
                lists["effective_from"],
                lists["source"],
                _confirmed(lists),
            )
            for path in sorted((POLICIES / "safety").glob("*.yml"))
            for lists in [_read(path)]
        ),
    )


def _texts() -> Iterator[str]:
    yield "## Approved texts\n"
    yield "Everything the bot says, in Chinese and English; the log names id and version. "
    yield "Shown is how the English begins.\n"
    for path in sorted((POLICIES / "texts").glob("*.yml")):
        yield f"### `policies/texts/{path.name}`\n"
        yield _table(
            ("text", "version", "begins"),
            ((f"`{text['id']}`", text["version"], _beginning(text["en"])) for text in _read(path)),
        )


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _confirmed(entry: dict[str, Any]) -> str:
    return entry["confirmed_by"] or UNCONFIRMED


def _value(value: Any) -> str:
    if not isinstance(value, list):
        return "" if value is None else str(value)
    return "; ".join(_tier(tier) for tier in value)


def _tier(tier: dict[str, Any]) -> str:
    limit = f"{tier['share']} of the term" if "share" in tier else f"{tier['months']} months"
    return (
        f"{limit} up to {tier['term_up_to_months']} months"
        if "term_up_to_months" in tier
        else f"{limit} beyond"
    )


def _offset(days: int) -> str:
    if days == 0:
        return "on the due date"
    return f"{abs(days)} day{'s' if abs(days) > 1 else ''} {'before' if days < 0 else 'after'} the due date"


def _entries(body: dict[str, Sequence[str]]) -> int:
    return sum(len(items) for key, items in body.items() if key != "not_when")


def _beginning(text: str) -> str:
    line = _line(text)
    return line if len(line) <= LONGEST_BEGINNING else line[: line.rindex(" ", 0, LONGEST_BEGINNING)] + " …"


def _line(text: Any) -> str:
    return " ".join(str(text).split())


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(_line(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
