"""Invented people, trades and products for the sample book. Nobody here exists."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

# Chinese, English, and whether the trade was among those hit first (restaurants, hotels, tourism…).
INDUSTRIES = (
    ("餐饮", "restaurant", True),
    ("住宿", "hotel", True),
    ("旅游", "tourism", True),
    ("出租车", "taxi", True),
    ("货运", "trucking", True),
    ("零售", "retail", True),
    ("教育培训", "training", True),
    ("文化娱乐", "entertainment", True),
    ("建材", "building materials", True),
    ("外贸", "foreign trade", True),
    ("种植", "farming", False),
    ("养殖", "livestock", False),
    ("医疗用品", "medical goods", False),
    ("网店", "online shop", False),
    ("网络服务", "online services", False),
)

REGIONS = (
    ("浙江杭州", "杭州"),
    ("江苏苏州", "苏州"),
    ("上海浦东", "上海"),
    ("湖北武汉", "武汉"),
    ("湖南长沙", "长沙"),
    ("四川成都", "成都"),
    ("重庆渝北", "重庆"),
    ("河南郑州", "郑州"),
    ("陕西西安", "西安"),
    ("广东佛山", "佛山"),
    ("山东寿光", "寿光"),
    ("甘肃定西", "定西"),
)

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = (
    "建华",
    "秀英",
    "志强",
    "桂兰",
    "晓燕",
    "国庆",
    "丽娟",
    "海波",
    "玉梅",
    "文杰",
    "春生",
    "雪梅",
    "俊峰",
    "小红",
    "永福",
    "思远",
    "佳慧",
    "立新",
    "凤霞",
    "子涵",
)
GIVEN_EN = (
    "Amara",
    "Ben",
    "Chloe",
    "Daniel",
    "Esther",
    "Farah",
    "George",
    "Hannah",
    "Imran",
    "Julia",
    "Kavita",
    "Liam",
    "Maya",
    "Noah",
    "Olivia",
    "Priya",
)
SURNAMES_EN = (
    "Adeyemi",
    "Brooks",
    "Clarke",
    "Dawson",
    "Evans",
    "Fernandes",
    "Gupta",
    "Hughes",
    "Iyer",
    "Jones",
    "Khan",
    "Lewis",
    "Mensah",
    "Novak",
)


@dataclass(frozen=True)
class Place:
    """Where English-speaking borrowers live; `scale` turns yuan into a likely amount there."""

    region: str
    timezone: str
    currency: str
    scale: Decimal
    phone_prefix: str
    phone_digits: int


PLACES = (
    Place("Leeds", "Europe/London", "GBP", Decimal("0.1"), "+447700900", 3),
    Place("Chicago", "America/Chicago", "USD", Decimal("0.1"), "+1202555", 4),
    Place("Pune", "Asia/Kolkata", "INR", Decimal("10"), "+91900000", 5),
)


@dataclass(frozen=True)
class Product:
    """A family of loans: terms in months, principal in thousands of yuan, rates in percent a year."""

    code: str
    method: str
    terms: tuple[int, ...]
    thousands: tuple[int, int]
    rates: tuple[Decimal, ...]
    day_count: str


def _rates(*values: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in values)


PRODUCTS = (
    Product("micro-annuity", "annuity", (6, 12, 18, 24), (5, 100), _rates("9.6", "12", "14.4"), "30/360"),
    Product("micro-annuity", "annuity", (6, 12), (5, 60), _rates("12", "15"), "30/360"),
    Product("shop-equal", "equal_principal", (6, 12, 24, 36), (20, 200), _rates("8.4", "10.8"), "30/360"),
    Product("season-bullet", "bullet", (3, 6, 9, 12), (10, 150), _rates("7.2", "9"), "actual/360"),
)


@dataclass(frozen=True)
class Person:
    """What the sample needs to know about one invented borrower."""

    name: str
    language: str
    region: str
    branch: str
    timezone: str
    currency: str
    currency_scale: Decimal
    phone_prefix: str
    phone_digits: int


def a_chinese_person(random: Random) -> Person:
    """Return an invented borrower in China."""
    region, branch = random.choice(REGIONS)
    name = random.choice(SURNAMES) + random.choice(GIVEN)
    return Person(name, "zh", region, branch, "Asia/Shanghai", "CNY", Decimal(1), "190000", 5)


def an_english_person(random: Random) -> Person:
    """Return an invented English-speaking borrower; some of them live and borrow in China."""
    name = f"{random.choice(GIVEN_EN)} {random.choice(SURNAMES_EN)}"
    if random.random() < 0.3:
        region, branch = random.choice(REGIONS)
        return Person(name, "en", region, branch, "Asia/Shanghai", "CNY", Decimal(1), "190000", 5)
    place = random.choice(PLACES)
    return Person(
        name,
        "en",
        place.region,
        place.region,
        place.timezone,
        place.currency,
        place.scale,
        place.phone_prefix,
        place.phone_digits,
    )
