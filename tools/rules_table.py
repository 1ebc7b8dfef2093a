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
    "min_days_past_due": "At least so many days past due",
    "max_restructures": "Changed fewer times than this before",
    "asset_class_in": "The loan's class is one of these",
    "no_watch_period": "Not under observation after an earlier relief",
    "no_signals": "None of these signals came with the loan",
    "no_tags": "The borrower has none of these tags",
    "reason_in": "The borrower asks for one of these reasons",
    "no_interest_arrears": "No interest is overdue",
    "due_by_for_tag": "A borrower with this tag: the loan is due by this day",
    "staff_decide": "Never at once",
    "max_months": "At most so many months asked for",
    "max_months_in_all": "At most so many months, those asked for or those the whole relief adds, whichever are more",
    "max_period_months": "Where the time between two payments grows, it is at most so many months",
    "max_instalments": "At most so many instalments asked for",
    "cumulative_extension": "All extensions together stay within a share of the original term, or months",
    "product_max_term": "A short term at most doubles; a longer one stays within the product's longest",
    "rate_tier": "The whole term stays in its tier of rates, or the rate is that of the longer tier, percent a year",
    "max_rate_pct": "The highest rate from now on is at most this, percent a year",
    "max_prime_rate_multiple": "The same, against so many times the prime rate of the day of the contract",
    "rate_between_pct": "The new rate lies in this range, percent a year",
    "max_outstanding": "At most this outstanding principal",
    "max_payment_multiple": "The largest payment is at most so many times today's largest, all overdue counted as one",
    "principal_within_lent": "The new principal is at most what was first lent",
    "max_waived_pct": "At most this part of a component is waived, percent",
    "max_waived_amount": "At most this much of a component is waived",
    "max_branch_share": "With this loan at most this part of its branch's principal is under agreements, percent",
    "consent_of_guarantor": "A guarantor must consent in writing",
    "consent_of_security": "Whoever gave security must consent in writing",
}

EFFECTS = {
    "keep": "stays as it is",
    "at_least_special_mention": "at least special mention",
    "restructured_watch": "at least special mention, observed",
}

IN_CODE = {
    "rulebook.effective_from": "Refuses before the rulebook is in force",
    "approval.currency": "A loan in another currency than the rulebook's needs approval",
}

NOTED = {
    "conduct.identity_first": "Nothing about a debt is said before the borrower has shown who they are",
    "conduct.worry_is_asked_about": "What may be a cry for help is asked about, and staff look, beside the answer",
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
        yield from _rulebook(path.name, _read(path))
    yield "Rules that are in code; a conversation notes them in its log:\n"
    named = {**IN_CODE, **NOTED}
    yield table(("rule", "meaning"), ((f"`{rule}`", meaning) for rule, meaning in named.items()))


def _rulebook(file: str, book: dict[str, Any]) -> Iterator[str]:
    yield f"## Relief: `policies/relief/{file}`\n"
    yield (
        f"Rulebook `{book['id']}`, in force from {book['effective_from']}, amounts in {book['currency']}, quotes "
        f"hold {book['quote_valid_hours']} hours after the day they are made. Source: {_line(book['source'])} "
        f"Confirmed by: {_confirmed(book)}. "
        "A rule that is not met refuses, unless a level can approve, or somebody can consent: then the agreement "
        f"waits. Levels, from the lowest: {', '.join(level['id'] for level in book['levels'])}.\n"
    )
    yield table(
        ("rule", "meaning", "value", "unmet", "kinds", "from", "source", "how sure", "confirmed by"),
        (
            (
                f"`{rule['id']}`",
                CHECKS[rule["check"]],
                rule_value(rule.get("value")),
                _unmet(rule),
                ", ".join(rule["kinds"]),
                *_provenance(rule),
            )
            for rule in book["rules"]
        ),
    )
    yield "What it means for the asset class and the credit record; of several the first counts:\n"
    yield table(
        (
            "effect",
            "kinds",
            "class",
            "observed",
            "credit record",
            "from",
            "source",
            "how sure",
            "confirmed by",
        ),
        (
            (
                f"`{effect['id']}`",
                ", ".join(effect["kinds"]),
                EFFECTS[effect["asset_class"]],
                _observed(effect),
                effect["record_words"]["en"],
                *_provenance(effect),
            )
            for effect in book["effects"]
        ),
    )
    agreements = book["agreements"]
    yield (
        f"An agreement is broken when {agreements['missed_instalments']} of its instalments are unpaid more than "
        f"{agreements['grace_days']} days after their due dates. Then the "
        f"{'old schedule' if agreements['after_broken'] == 'restore_old' else 'schedule of the agreement'} counts, and "
        f"staff get {'a case of ' + agreements['case'] if agreements.get('case') else 'no case'}. Source: "
        f"{_line(agreements['source'])} ({agreements['certainty']}). Confirmed by: {_confirmed(agreements)}.\n"
    )
    yield "What is offered, the first that fits deciding:\n"
    yield table(
        ("menu entry", "loans and borrowers", "offers, in order"),
        (
            (f"`{entry['id']}`", _conditions(entry), ", ".join(_offer(offer) for offer in entry["offers"]))
            for entry in book["menu"]["entries"]
        ),
    )


def _provenance(entry: dict[str, Any]) -> tuple[Any, ...]:
    until = f" to {entry['effective_to']}" if entry.get("effective_to") else ""
    return f"{entry['effective_from']}{until}", entry["source"], entry["certainty"], _confirmed(entry)


def _unmet(rule: dict[str, Any]) -> str:
    if rule["check"].startswith("consent_of"):
        return "waits for the consent"
    return f"{rule['approval']} approves" if "approval" in rule else "refused"


def _observed(effect: dict[str, Any]) -> str:
    if "watch_months" not in effect:
        return ""
    return f"{effect['watch_months']} months and {effect['watch_periods']} repayment periods"


def _conditions(entry: dict[str, Any]) -> str:
    named = [
        f"{name.replace('_', ' ')}: {rule_value(entry[name])}"
        for name in ("methods", "classes", "days_past_due", "reasons", "industries", "tags", "owing")
        if name in entry
    ]
    return "; ".join(named) or "any"


def _offer(offer: dict[str, Any]) -> str:
    return " + ".join(step["kind"] for step in offer.get("combined", [offer]))


def _contact() -> Iterator[str]:
    yield "## Contact: what every reminder must pass when it leaves\n"
    yield table(("rule", "meaning"), ((f"`{rule}`", meaning) for rule, meaning in CONTACT.items()))
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
        yield table(
            ("rule", "meaning and value", "from", "source", "how sure", "confirmed by"),
            (
                (rule, meaning, it["effective_from"], it["source"], it["certainty"], _confirmed(it))
                for rule, meaning, it in rows
            ),
        )


def _safety() -> Iterator[str]:
    yield "## Safety lists: messages a person must see at once\n"
    yield table(
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
        yield table(
            ("text", "version", "begins"),
            ((f"`{text['id']}`", text["version"], _beginning(text["en"])) for text in _read(path)),
        )


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _confirmed(entry: dict[str, Any]) -> str:
    return entry["confirmed_by"] or UNCONFIRMED


def rule_value(value: Any) -> str:
    """Return a rule's value on one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {rule_value(item)}" for name, item in value.items())
    if not isinstance(value, list):
        return "" if value is None else str(value)
    if not all(isinstance(item, dict) for item in value):
        return ", ".join(str(item) for item in value)
    return "; ".join(_dated(item) if "from" in item else _tier(item) for item in value)


def _dated(rate: dict[str, Any]) -> str:
    return f"{rate['pct']} from {rate['from']}"


def _tier(tier: dict[str, Any]) -> str:
    if "pct" in tier:
        limit = tier["pct"]
    else:
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


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(_line(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
