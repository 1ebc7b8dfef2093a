"""What an agreement document says: its figures from the agreement and its quote, its words from the approved texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from loans.agreement_ends import plan_goes_on
from loans.agreements import needs_approval
from loans.in_force import has_plan
from loans.models import Agreement, Borrower, Quote
from loans.quotes import first_payment, rows_to_pay
from policies.lender import lender
from policies.texts import texts
from policies.wording import day, money, rate

Force = Literal["kept", "waiting", "ended", "plan_goes_on", "never"]
FORCE: Mapping[str, Force] = {
    "active": "kept",
    "completed": "kept",
    "pending_consent": "waiting",
    "pending_approval": "waiting",
    "broken": "ended",
    "reversed": "ended",
    "replaced": "ended",
    "rejected": "never",
    "expired": "never",
}
WITHOUT_MARK = ("kept", "plan_goes_on")
STRAIGHT = str.maketrans("“”‘’", "\"\"''")
COMPONENTS = ("principal", "interest", "fee", "penalty")
COLUMNS = ("number", "due_on", "principal", "interest_part", "fee", "penalty", "due", "balance")


@dataclass(frozen=True)
class Row:
    """One instalment as written in the plan; `paid` when it was settled before the agreement."""

    cells: Sequence[str]
    paid: bool


@dataclass(frozen=True)
class Plan:
    """The new plan: its column heads, its rows, and what is to be paid, in the columns of the amounts."""

    heads: Sequence[str]
    rows: Sequence[Row]
    total: Sequence[str]
    note: str


@dataclass(frozen=True)
class Section:
    """A heading with what is under it: labels with values, then paragraphs, then the plan."""

    heading: str
    facts: Sequence[tuple[str, str]] = ()
    paragraphs: Sequence[str] = ()
    plan: Plan | None = None


@dataclass(frozen=True)
class Part:
    """The whole document in one language. `standing` tells whether the agreement is in force.

    `mark` is empty while its plan is in force.
    """

    language: str
    title: str
    two_parts: str
    standing: str
    mark: str
    sections: Sequence[Section]


@dataclass(frozen=True)
class Document:
    """An agreement document, its part in the borrower's language first. It holds a name: never log it."""

    agreement: str
    force: Force
    lender: str
    parts: Sequence[Part]


def document(agreement: Agreement) -> Document:
    """Return the document of an agreement, whatever has become of it: its standing is part of it.

    An agreement that stands the same gives the same document: it has no date but the agreement's own, told in the
    borrower's time zone. Raises KeyError for a status unknown here.
    """
    first = agreement.loan.borrower.language
    languages = (first, *(language for language in ("zh", "en") if language != first))
    names = (lender().values(language)["lender"] for language in languages)
    return Document(
        agreement=agreement.id,
        force=force_of(agreement),
        lender=" · ".join(names),
        parts=[_Writer(agreement, language).part() for language in languages],
    )


def force_of(agreement: Agreement) -> Force:
    """Return what the agreement is to whoever reads it: one not kept may have ended while its plan goes on."""
    return "plan_goes_on" if plan_goes_on(agreement) else FORCE[agreement.status]


@dataclass(frozen=True)
class _Writer:
    """Writes the document in one language."""

    agreement: Agreement
    language: str

    def part(self) -> Part:
        force = force_of(self.agreement)
        return Part(
            language=self.language,
            title=self.say("title"),
            two_parts=self.say("two_parts"),
            standing=self.standing(),
            mark="" if force in WITHOUT_MARK else self.say(f"mark_{force}"),
            sections=[
                self.who(),
                self.change(),
                Section(
                    self.say("plan_head" if has_plan(self.quote) else "plan_kept_head"), plan=self.plan()
                ),
                Section(
                    self.say("consent_head"), [*self.consents(), (self.say("approval"), self.approval())]
                ),
                Section(self.say("missed_head"), paragraphs=[self.say("missed")]),
                Section(self.say("rights_head"), paragraphs=list(self.rights())),
                self.source(),
            ],
        )

    @property
    def quote(self) -> Quote:
        return self.agreement.quote

    @property
    def borrower(self) -> Borrower:
        return self.agreement.loan.borrower

    def say(self, name: str, **values: str) -> str:
        """Fill in a text of the document. Curly quotation marks are as wide as Chinese characters in its font."""
        known = {**lender().values(self.language), **values}
        words = texts()[f"document_{name}"].render(self.language, known)
        return words if self.language == "zh" else words.translate(STRAIGHT)

    def word(self, text_id: str) -> str:
        return texts()[text_id].render(self.language, {})

    def money(self, amount: Decimal) -> str:
        return money(amount, self.agreement.loan.currency, self.language)

    def day(self, value: date) -> str:
        return day(value, self.language)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.borrower.timezone))

    def standing(self) -> str:
        made = self.agreement
        since = self.local(made.ended_at or made.decided_at or made.confirmed_at).date()
        values = {"parties": self.parties_missing(), "day": self.day(since)}
        name = f"standing_{made.status}"
        if made.status == "active" and not has_plan(self.quote):
            name = "standing_active_plan_kept"
        elif plan_goes_on(made):
            name = "standing_broken_plan_goes_on"
        return self.say(name, **values)

    def parties_missing(self) -> str:
        given = {consent.party for consent in self.agreement.consents}
        missing = [party for party in self.quote.consents_needed if party not in given]
        return self.word("and").join(self.word(f"party_{party}") for party in missing)

    def who(self) -> Section:
        confirmed = self.local(self.agreement.confirmed_at)
        moment = self.say(
            "moment",
            day=self.day(confirmed.date()),
            time=f"{confirmed:%H:%M}",
            zone=self.borrower.timezone,
        )
        how = "confirmed_in_chat" if self.agreement.confirmed_by_message else "confirmed_through_staff"
        facts = [
            (self.say("lender"), lender().values(self.language)["lender"]),
            (self.say("borrower"), self.borrower.name),
            (self.say("loan"), self.agreement.loan.ref),
            (self.say("agreement"), self.agreement.id),
            (self.say("confirmed"), self.say(how, moment=moment)),
        ]
        return Section(self.say("who_head"), facts)

    def change(self) -> Section:
        summary = self.quote.summary_zh if self.language == "zh" else self.quote.summary_en
        return Section(self.say("change_head"), list(self.figures()), [summary])

    def figures(self) -> Iterator[tuple[str, str]]:
        quote = self.quote
        if has_plan(quote) and rows_to_pay(quote):
            first_on, amount = first_payment(quote)
            first = self.say("first_payment_value", day=self.day(first_on), amount=self.money(amount))
            yield self.say("first_payment"), first
            yield self.say("last_due"), self.day(quote.new_maturity_on)
        yield self.say("total"), self.money(Decimal(quote.totals["due"]))
        yield self.say("interest"), self.difference(quote.extra_cost)
        if quote.capitalised_interest:
            yield self.say("capitalised"), self.money(quote.capitalised_interest)
        yield self.say("waived"), self.waived()
        apr = quote.apr_pct
        yield self.say("apr"), self.say("no_apr") if apr is None else rate(apr, self.language)
        yield from self.effects()

    def effects(self) -> Iterator[tuple[str, str]]:
        """Tell what follows for the loan's class and the credit record, in the words the borrower was shown."""
        effects = self.quote.effects
        for name in ("class", "record"):
            if words := effects.get(f"{name}_{self.language}"):
                yield self.say(name), words
        if until := effects.get("credit_protected_until"):
            yield self.say("protected_until"), self.day(date.fromisoformat(until))

    def difference(self, amount: Decimal) -> str:
        if not amount:
            return self.say("interest_same")
        return self.say("interest_more" if amount > 0 else "interest_less", amount=self.money(abs(amount)))

    def waived(self) -> str:
        """Name what is forgiven for good, by component."""
        amounts = {name: Decimal(self.quote.waived.get(name) or 0) for name in COMPONENTS}
        parts = [
            self.say("waived_part", component=self.component(name), amount=self.money(amount))
            for name, amount in amounts.items()
            if amount
        ]
        return self.say("and").join(parts) or self.say("nothing_waived")

    def component(self, name: str) -> str:
        words = self.say("interest_part" if name == "interest" else name)
        return words if self.language == "zh" else words.lower()

    def plan(self) -> Plan:
        totals = [self.money(Decimal(self.quote.totals[name])) for name in (*COMPONENTS, "due")]
        return Plan(
            heads=[self.say(column) for column in COLUMNS],
            rows=[self.row(row) for row in self.quote.rows],
            total=[self.say("still_to_pay"), *totals],
            note=self.say("plan_note"),
        )

    def row(self, row: Mapping[str, Any]) -> Row:
        due_on = self.day(date.fromisoformat(row["due_on"]))
        amounts = [self.money(Decimal(row[name])) for name in (*COMPONENTS, "due", "balance")]
        when = self.say("paid_row", day=due_on) if row["paid"] else due_on
        return Row([str(row["number"]), when, *amounts], bool(row["paid"]))

    def consents(self) -> Iterator[tuple[str, str]]:
        given = {consent.party: consent for consent in self.agreement.consents}
        for party in self.quote.consents_needed:
            label = self.say("consent", party=self.word(f"party_{party}"))
            if party in given:
                on = self.day(self.local(given[party].recorded_at).date())
                yield label, self.say("consent_given", day=on, evidence=given[party].evidence)
            else:
                yield label, self.say("consent_missing")
        if not self.quote.consents_needed:
            yield self.say("consents"), self.say("no_consent")

    def approval(self) -> str:
        if not needs_approval(self.agreement):
            return self.say("no_approval")
        if FORCE[self.agreement.status] == "waiting":
            return self.say("approval_waits")
        if FORCE[self.agreement.status] == "never" or self.agreement.decided_at is None:
            return self.say("not_approved")
        return self.say("approved", day=self.day(self.local(self.agreement.decided_at).date()))

    def rights(self) -> Iterator[str]:
        for name in ("person", "copy", "no_private_account", "verify"):
            yield self.say(f"right_{name}")

    def source(self) -> Section:
        quote = self.quote
        facts = [
            (self.say("quote"), quote.id),
            (self.say("hash"), quote.hash),
            (self.say("engine"), quote.engine_version),
            (self.say("rulebook"), quote.rulebook),
        ]
        if has_plan(quote):
            version = self.say("replaces_version", version=str(quote.schedule_version))
            facts.append((self.say("replaces"), version))
        return Section(self.say("source_head"), facts)
