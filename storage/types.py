"""Column types that keep money exact and times aware on SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

HUNDREDTH = Decimal("0.01")


class Money(TypeDecorator[Decimal]):
    """An amount in the loan's currency: `Decimal` in Python, whole hundredths in the database.

    Integers add up exactly in SQL on both databases; SQLite has no exact decimal type.
    Raises ValueError for a float or for more than two decimal places: nothing is rounded silently.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if not isinstance(value, (Decimal, int)):
            raise ValueError(f"money must be Decimal, not {type(value).__name__}: {value!r}")
        hundredths = Decimal(value) * 100
        if hundredths != hundredths.to_integral_value():
            raise ValueError(f"money has more than two decimal places: {value}")
        return int(hundredths)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-2).quantize(HUNDREDTH)


class Exact(TypeDecorator[Decimal]):
    """A decimal kept to the last digit as text, for rates that are never summed in SQL."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        if value is not None and not isinstance(value, (Decimal, int)):
            raise ValueError(f"an exact decimal is wanted, not {type(value).__name__}: {value!r}")
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Takes any aware datetime, gives one back in UTC. Raises ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an aware datetime is wanted, not {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
