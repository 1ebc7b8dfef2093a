"""The test databases themselves: fresh for each test, on both kinds."""

import pytest
from sqlalchemy import func, select

from loans.models import Product
from storage.engine import Database


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_an_empty_database_and_what_it_writes_stays_in_it(
    database: Database, turn: int
) -> None:
    with database.read() as session:
        assert session.scalar(select(func.count(Product.id))) == 0
    with database.write() as session:
        session.add(Product(code=f"turn-{turn}"))
    with database.read() as session:
        assert session.scalars(select(Product.code)).all() == [f"turn-{turn}"]
