"""What docs/reliefs.md says about each kind of relief, and the loan of the sample book it is shown on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind: what it does in both languages, its rule of arithmetic, its parameters, and an example."""

    title: str
    en: str
    zh: str
    arithmetic: str
    params: Mapping[str, str]
    loan: str
    asked: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "extension": Kind(
        "Extension 展期",
        "The instalment that is due comes later; overdue ones move together. Of a loan repaid at the end the "
        "maturity moves.",
        "把当前这一期（逾期的几期一起）推迟；到期一次还本的贷款推迟到期日。其余各期不变。",
        "Simple interest at the contract rate on the principal that moves, from its old date (or today, if that "
        "has passed) to the new one. Days already late bear no contract interest here: they are for the penalty "
        "rules.",
        {"months": "how many months later", "until": "or the day (ISO date)"},
        "L00046",
        ("months=2",),
    ),
    "deferral": Kind(
        "Deferral 延期还本付息",
        "Nothing is paid for some months; then the loan goes on.",
        "若干个月内本息都不用还，之后按原方式继续还。",
        "Simple: the interest of the pause is paid later without interest on it, spread evenly or with the first "
        "instalment. Capitalised: it joins the principal each month. Interest already overdue is never "
        "capitalised.",
        {
            "months": "the length of the pause, from the instalment due now",
            "interest": "`simple` or `capitalised`",
            "placement": "of simple interest: `spread` or `first`",
            "term": "`extend` (as many instalments, later) or `keep` (fewer, to the same maturity)",
        },
        "L00046",
        ("months=2",),
    ),
    "interest_only": Kind(
        "Interest only 只还利息",
        "For some months only interest is paid, then the principal again.",
        "若干个月只还利息，之后再还本金。",
        "Each of these instalments is the interest of its period on the principal left; then the loan's own "
        "method over the instalments that follow. Overdue interest, fees and penalties fall due with the first.",
        {"months": "the length of the time, from the next due date", "term": "`extend` or `keep`, as above"},
        "L00046",
        ("months=3",),
    ),
    "reamortise": Kind(
        "Re-amortisation 重新分期",
        "Everything left is divided anew over the instalments to come, or over more of them.",
        "把剩余欠款重新分摊到后续各期，也可以增加期数。",
        "Level instalments on principal and overdue interest together, by the loan's method; fees and penalties "
        "with the first. Dates to come are kept, more follow at the loan's period. The last instalment takes the "
        "rounding.",
        {"instalments": "how many are to remain (default: as many as now)"},
        "L00046",
        ("instalments=9",),
    ),
    "affordable": Kind(
        "Affordable plan 还得起的方案",
        "“I can pay 8,000 a month”: the shortest plan that never asks for more than that on a date.",
        "“我每个月能还8000”：每期不超过这个金额、期数最少的方案。",
        "Each payment covers interest first, overdue interest too, then fees, penalties and principal. An amount "
        "no larger than the interest of a period is refused with the floor; one that takes too long, with the "
        "longest plan allowed.",
        {"pay": "the amount of an instalment"},
        "L00046",
        ("pay=8000",),
    ),
    "partial_payment": Kind(
        "Partial payment 先少还",
        "For some months less is paid each time, then the loan goes on.",
        "若干个月每期少还，之后按原方式继续还。",
        "As in an affordable plan during these months. What does not fit waits without interest on it and is "
        "spread evenly over the instalments after; the principal is repaid in them by the loan's method.",
        {
            "pay": "the amount of an instalment meanwhile",
            "months": "for how long",
            "term": "`extend` or `keep`, as above",
        },
        "L00046",
        ("pay=3000", "months=3"),
    ),
    "move_due_date": Kind(
        "Another due date or cycle 改还款日、改周期",
        "All instalments to come fall due on another day, or in another cycle.",
        "后续各期改到每月另一天，或者改变还款周期。",
        "The first period is as long as it really is and bears interest for its days. The instalments are "
        "computed again by the loan's method. With another cycle the maturity is never later.",
        {
            "day": "the day of the month",
            "first_due_on": "or the first new due date (ISO date)",
            "period": "`1 month`, `fortnight`, `weekly`…",
        },
        "L00046",
        ("day=20",),
    ),
    "reduce_rate": Kind(
        "Rate cut 降息",
        "A lower contract rate from a day on.",
        "从某一天起降低合同利率。",
        "The instalments to come are computed again at the new rate on the same dates; a change within a period "
        "counts for its own days. Interest already due is not rewritten.",
        {"annual_rate_pct": "the new rate, percent a year", "from": "the first day at it (default: today)"},
        "L00046",
        ("annual_rate_pct=10",),
    ),
    "interest_pause": Kind(
        "Interest pause 停息",
        "No interest counts for some time.",
        "一段时间内不计利息。",
        "The rate is zero on these days. The instalment stays as large, so more of it repays principal and the "
        "last ones shrink. Interest earned before stays owed.",
        {
            "months": "for how long, from the next due date",
            "from": "or from another day",
            "until": "or to a last day (ISO dates)",
        },
        "L00046",
        ("months=2",),
    ),
    "waive": Kind(
        "Waiver 减免",
        "Penalties, fees, or interest owed today are forgiven for good.",
        "免除已经产生的罚息、费用或利息，以后不再收取。",
        "A percentage of what is unpaid today by component, charges outside the instalments included, rounded "
        "once, from the oldest debt first. Interest to come is never waived here. Dates stay.",
        {"penalty": "percent", "fee": "percent", "interest": "percent of what is earned and unpaid today"},
        "L00040",
        ("penalty=100", "fee=100"),
    ),
    "renewal": Kind(
        "Renewal without repaying principal 无还本续贷",
        "A loan repaid at the end goes on from its maturity without the principal being paid first.",
        "到期一次还本的贷款，不用先还本金就可以接着用。",
        "Interest up to the old maturity is paid on it; then interest each period at the rate agreed, and the "
        "principal at the new maturity.",
        {"months": "from the old maturity", "annual_rate_pct": "the rate from then on (default: as now)"},
        "L00016",
        ("months=6",),
    ),
    "settlement": Kind(
        "Settlement 协商结清",
        "An agreed part of everything settles the loan, at once or in parts.",
        "按约定的比例一次或分几次付清，贷款就结清。",
        "A percentage of principal, of the interest earned by today, and of penalties and fees; the rest is "
        "waived, rounded once by component. No interest counts from today on. Equal parts, the last takes the "
        "rounding.",
        {
            "principal_pct": "the part that is paid, percent (default 100)",
            "interest_pct": "default 100",
            "penalty_pct": "default 0",
            "fee_pct": "default 0",
            "instalments": "the number of parts (default 1)",
        },
        "L00091",
        ("interest_pct=50", "instalments=3"),
    ),
    "credit_protection": Kind(
        "Credit-record protection 征信保护",
        "For some months the loan is not reported as overdue. No payment moves and nothing is forgiven.",
        "若干个月内逾期不报送征信。还款安排不变，也没有减免。",
        "No figure changes.",
        {"months": "from today"},
        "L00104",
        ("months=3",),
    ),
}
