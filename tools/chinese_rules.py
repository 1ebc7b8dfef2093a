"""Writes docs/chinese-rules.md: `python -m tools.chinese_rules`. Tests keep it current and its tests real."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.rules_table import POLICIES, ROOT, rule_value, table

PAGE = ROOT / "docs" / "chinese-rules.md"
READ, SECONDARY, RECALLED = "read", "secondary", "recalled"

HEAD = """\
# Chinese rules

Each Chinese rule on loans in trouble that we know of: what it is here, where it comes from, how sure that is, and the
test that fails when it is broken. **Nobody qualified has confirmed them**: have a lawyer do so.

How sure: *read*, the rule's text was read, in a copy; *secondary*, a report of it was; *recalled*, from memory only.
Values stand in `policies/relief/`; [rules.md](rules.md) has every rule of every rulebook.

This page is generated: `.venv/bin/python -m tools.chinese_rules`.
"""


@dataclass(frozen=True)
class ChineseRule:
    """One rule of the law. `rules` are those of a rulebook that stand for it, as profile:rule; their values are shown.

    `here` says what it is in this system, beside those values. `tests` are files and functions; a rule that is not
    applied has none, and `here` says why.
    """

    rule: str
    here: str
    rules: tuple[str, ...]
    source: str
    certainty: str
    tests: tuple[str, ...]


RULEBOOK = "tests/unit/test_rulebook.py::"
CHECKS = "tests/unit/test_checks.py::"
CLASSES = "tests/unit/test_classes.py::"
PENALTY = "tests/unit/test_penalty.py::"

RULES = (
    ChineseRule(
        "Relief is asked for before maturity (申请展期须在到期前)",
        "refused afterwards; staff take over",
        ("cn_microcredit:relief.before_maturity", "cn_bank:relief.before_maturity"),
        "贷款通则 art. 12; 民法典 art. 678 (88.wendadaohang.com, waihuizhishiwang.com, lnmlw.com)",
        READ,
        (RULEBOOK + "test_what_months_cannot_mend_has_no_nearest_option",),
    ),
    ChineseRule(
        "All extensions together: the original term (up to 1 year), half of it (1 to 5), 3 years (longer) (累计展期)",
        "earlier extensions come with the tape",
        ("cn_microcredit:relief.cumulative_extension", "cn_bank:relief.cumulative_extension"),
        "贷款通则 art. 12 (hmf999.cn, yixinbaoding.com)",
        READ,
        (
            RULEBOOK + "test_the_cumulative_limits_are_those_of_article_12",
            RULEBOOK + "test_earlier_extensions_count",
        ),
    ),
    ChineseRule(
        "Written consent of guarantor, mortgagor or pledgor (保证人、抵押人、出质人书面同意)",
        "the agreement waits until staff record the consent with its evidence",
        ("cn_microcredit:consent.guarantor", "cn_microcredit:consent.security"),
        "贷款通则 art. 12",
        READ,
        (
            RULEBOOK + "test_guarantor_and_security_must_consent_where_the_debt_lasts_longer",
            "tests/integration/test_agreement_ends.py::test_a_guarantor_who_joins_after_the_quote_must_consent",
        ),
    ),
    ChineseRule(
        "Original term and extension reach a longer tier: its rate counts from the extension (利率档次)",
        "a manager approves when the loan's rate is below that of the tier; the engine computes a rate from a date on",
        ("cn_microcredit:relief.rate_tier", "cn_bank:relief.rate_tier"),
        "贷款通则 art. 14 (88.wendadaohang.com); the tiers themselves recalled",
        READ,
        (
            CHECKS + "test_a_longer_tier_of_rates_is_for_a_manager",
            "tests/unit/test_relief_extension.py::test_a_bullet_loan_with_one_payment_moves_its_maturity",
        ),
    ),
    ChineseRule(
        "Personal loans: up to 1 year doubled at most; longer within the product's longest term (个人贷款展期)",
        "the product's longest term comes with the product",
        ("cn_bank:relief.product_term", "cn_microcredit:relief.product_term"),
        "个人贷款管理暂行办法 2010 art. 39, said to stand in the text of 2024 (how234, laweer, 110ask)",
        READ,
        (RULEBOOK + "test_what_the_product_leaves_is_that_of_article_39",),
    ),
    ChineseRule(
        "Extension limits of working-capital and fixed-asset loans of 2024 (流动资金/固定资产贷款管理办法)",
        "not applied: no text seen; the limits of 贷款通则 art. 12 hold instead",
        (),
        "流动资金贷款管理办法, 固定资产贷款管理办法 2024",
        RECALLED,
        (),
    ),
    ChineseRule(
        "Penalty rate: contract rate plus 30-50%; unpaid interest compounds at it until cleared (罚息、复利)",
        "a penalty rate and grace by loan on the tape; compounding by product in `policies/late_charges.yml`",
        (),
        "银发[2003]251 (lwstw.com, zhaojk2002.fabang.com)",
        READ,
        (
            PENALTY + "test_penalty_interest_at_each_uplift_and_year",
            PENALTY + "test_unpaid_interest_bears_the_penalty_rate",
        ),
    ),
    ChineseRule(
        "Private lending: at most 4 times the one-year LPR of the day of the contract (4倍LPR)",
        "the same check serves microcredit from 2028 (below)",
        ("cn_microcredit:relief.prime_rate_cap",),
        "最高人民法院 民间借贷规定 2020-08-20 (tellerreport.com, lnmlw.com); LPR from a list, before 2021-12 recalled",
        READ,
        (CHECKS + "test_the_prime_rate_cap_and_the_24_percent_line",),
    ),
    ChineseRule(
        "Seven kinds of local finance firms, microcredit among them, are outside that cap (地方金融组织不适用)",
        "so the cap does not bind microcredit contracts before 2028",
        (),
        "法释[2020]27 (szginin.com)",
        READ,
        (CHECKS + "test_the_prime_rate_caps_contracts_from_2028_only",),
    ),
    ChineseRule(
        "Financial loans: interest, compound interest and penalty together at most 24% (24%上限)",
        "the highest rate from now on is looked at",
        ("cn_bank:relief.rate_cap",),
        "法发[2017]22",
        RECALLED,
        (
            CHECKS + "test_the_prime_rate_cap_and_the_24_percent_line",
            CHECKS + "test_a_rate_that_falls_is_judged_by_what_it_becomes",
        ),
    ),
    ChineseRule(
        "Microcredit: no new loan above 24%; all new ones at most 4 times LPR by the end of 2027 (综合融资成本)",
        "the second for contracts from 2028-01-01",
        ("cn_microcredit:relief.rate_cap",),
        "小额贷款公司综合融资成本管理工作指引, December 2025 (daqihao.com 9468, 9572)",
        SECONDARY,
        (
            CHECKS + "test_the_prime_rate_caps_contracts_from_2028_only",
            RULEBOOK + "test_a_limit_itself_is_still_allowed",
        ),
    ),
    ChineseRule(
        "Five classes: overdue at least 关注, over 90 days 次级, over 270 可疑, over 360 损失 (五级分类)",
        "no class better than this is shown; cross default (10%, 20%) is not applied, the lender's own class has it",
        (),
        "商业银行金融资产风险分类办法 2023 No. 1 (chinabankingnews.com)",
        READ,
        (
            CLASSES + "test_the_five_classes_begin_on_the_day_the_rule_says",
            CLASSES + "test_the_worse_of_the_lender_s_class_and_the_floor_stands",
        ),
    ),
    ChineseRule(
        "A restructured asset is observed for at least 2 repayment periods and 1 year (重组观察期)",
        "12 months and 2 periods, whichever is longer; another relief meanwhile needs approval",
        ("cn_microcredit:relief.watch_period", "cn_bank:relief.watch_period"),
        "商业银行金融资产风险分类办法 2023 No. 1 (bactf.com, lnmlw.com)",
        READ,
        (
            RULEBOOK + "test_a_restructured_loan_is_observed_for_two_periods_and_a_year",
            RULEBOOK + "test_the_highest_level_asked_for_approves",
        ),
    ),
    ChineseRule(
        "Credit cards: classes at 90, 120 and 180 days (信用卡分类)",
        "a table of its own; no product here is a card",
        (),
        "商业银行金融资产风险分类办法 2023 No. 1 (halei720.com)",
        READ,
        (CLASSES + "test_a_credit_card_s_table_gives_a_credit_card_s_classes",),
    ),
    ChineseRule(
        "Credit cards: personalised instalments of at most 5 years (个性化分期)",
        "not applied: no product here is a card",
        (),
        "商业银行信用卡业务监督管理办法 art. 70",
        RECALLED,
        (),
    ),
    ChineseRule(
        "Renewal without repaying principal: normal, interest paid, no misuse, in time, small business (无还本续贷)",
        "each condition is a rule; a manager approves",
        (
            "cn_microcredit:renewal.class",
            "cn_microcredit:renewal.interest_paid",
            "cn_microcredit:renewal.use",
            "cn_microcredit:renewal.scope",
        ),
        "金规[2024]13 (ccqsccj.com, chszpnjl.com, wlmqfjd.com)",
        READ,
        (
            CHECKS + "test_a_renewal_holds_the_conditions_of_2024",
            RULEBOOK + "test_the_gravest_effect_of_a_relief_counts",
        ),
    ),
    ChineseRule(
        "Renewal for medium firms: loans due by 2027-09-30 (中型企业续贷)",
        "for borrowers with this tag",
        ("cn_microcredit:renewal.medium_firm",),
        "金规[2024]13",
        READ,
        (CHECKS + "test_medium_firms_can_renew_loans_due_by_september_2027",),
    ),
    ChineseRule(
        "Deferral of 2020: no penalty, credit record not affected (延期还本付息), ended in 2021",
        "protection of the credit record can be asked for; a deferral moves what is due, so no penalty arises",
        ("cn_microcredit:credit_protection.reason",),
        "银保监发[2020]6 and its follow-up of June 2020 (zh.wikisource, twtpybx.cn)",
        READ,
        (CHECKS + "test_a_credit_record_is_protected_for_some_reasons_and_by_staff",),
    ),
    ChineseRule(
        "A payment pays costs, then interest, then principal, unless agreed otherwise (抵充顺序)",
        "the product's order of allocation can say so",
        (),
        "民法典 art. 561 (five pages; the example of nj48.com)",
        READ,
        (
            "tests/unit/test_allocation_orders.py::test_the_civil_code_pays_costs_then_interest_then_principal",
            "tests/unit/test_allocation_orders.py::test_the_civil_code_s_order_runs_over_everything_that_has_fallen_due",
        ),
    ),
    ChineseRule(
        "Usury is forbidden (禁止高利放贷)",
        "the caps on rates above",
        (),
        "民法典 art. 680 (xiaoshouzhang)",
        READ,
        (RULEBOOK + "test_what_months_cannot_mend_has_no_nearest_option",),
    ),
    ChineseRule(
        "Collection: not 22:00-08:00 unless agreed; at most 3 voice calls a day; only the debtor (催收)",
        "08:00-22:00 for messages, and at most one a day; there are no calls, and contacts are never written to",
        (),
        "GB/T 45251-2025 (bycs8.com, ecowood.cn)",
        SECONDARY,
        (
            "tests/unit/test_contact_policy.py::test_contact_hours_are_the_borrowers_own_and_end_earlier_in_india",
            "tests/integration/test_planner.py::test_a_borrower_gets_one_a_day_and_three_in_any_seven_days_at_the_most",
        ),
    ),
)


def page() -> str:
    """Return the whole page."""
    head = ("rule", "here", "value", "source", "how sure", "test that enforces it")
    return HEAD + "\n" + table(head, _rows())


def _rows() -> Iterator[tuple[str, ...]]:
    values = {path.stem: _values(path) for path in (POLICIES / "relief").glob("*.yml")}
    for row in RULES:
        shown = []
        for name in row.rules:
            profile, rule_id = name.split(":")
            value = values[profile][rule_id]
            shown.append(f"`{rule_id}` ({profile}){': ' + value if value else ''}")
        tests = ", ".join(f"`{test}`" for test in row.tests) or "none"
        yield row.rule, row.here, "; ".join(shown), row.source, row.certainty, tests


def _values(path: Path) -> dict[str, str]:
    book: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {rule["id"]: rule_value(rule.get("value")) for rule in book["rules"]}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
