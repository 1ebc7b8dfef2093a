"""A small tape of invented people, and how a test changes a line of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)

FILES = {
    "borrowers.csv": """\
borrower_ref,name,phone,id_last4,language,timezone,region,industry,telegram_id
B1,王小红,138 0000 0001,123x,zh,Asia/Shanghai,浙江杭州,餐饮,7001
B2,Ben Clarke,+44 7700 900123,22AB,en,Europe/London,Leeds,taxi,
""",
    "loans.csv": """\
loan_ref,borrower_ref,product,principal,annual_rate_pct,term_months,method,disbursed_on,first_due_on,currency,secured,guarantor
L1,B1,micro,3000.00,12,3,equal_principal,2026-08-10,2026-09-10,CNY,false,false
L2,B2,season,1000.00,12,6,bullet,2026-06-01,2026-12-01,GBP,false,true
""",
    "instalments.csv": """\
loan_ref,number,due_on,principal,interest,fee,penalty
L1,1,2026-09-10,1000.00,30.00,5.00,0.00
L1,2,2026-10-10,1000.00,20.00,5.00,8.00
L1,3,2026-11-10,1000.00,10.00,5.00,0.00
L2,1,2026-12-01,1000.00,60.00,0.00,0.00
""",
    "payments.csv": """\
loan_ref,paid_on,amount,external_ref
L1,2026-09-10,1035.00,P1
L1,2026-10-12,20.00,P2
""",
}


def write_tape(folder: Path, **replacements: str) -> Path:
    """Write the tape to `folder`; `payments="…"` replaces the whole of payments.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        (folder / name).write_text(replacements.get(name.removesuffix(".csv"), content), encoding="utf-8")
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Change the only place in a file of the tape where `old` stands."""
    content = (folder / name).read_text(encoding="utf-8")
    assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times in {name}"
    (folder / name).write_text(content.replace(old, new), encoding="utf-8")
