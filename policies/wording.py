"""How figures and days are written for people, in Chinese and English."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

SYMBOLS = {
    "CNY": "¥", "EUR": "€", "GBP": "£", "HKD": "HK$", "INR": "₹", "PHP": "₱", "SGD": "S$", "TWD": "NT$", "USD": "$",
}  # fmt: skip
CHINESE_UNITS = {"CNY": "元"}
CURRENCY_NAMES = {
    "zh": {
        "CNY": "人民币", "EUR": "欧元", "GBP": "英镑", "HKD": "港币", "INR": "印度卢比", "PHP": "菲律宾比索",
        "SGD": "新加坡元", "TWD": "新台币", "USD": "美元",
    },
    "en": {
        "CNY": "yuan", "EUR": "euros", "GBP": "pounds", "HKD": "Hong Kong dollars", "INR": "rupees",
        "PHP": "Philippine pesos", "SGD": "Singapore dollars", "TWD": "Taiwan dollars", "USD": "US dollars",
    },
}  # fmt: skip


def money(amount: Decimal, currency: str, language: str) -> str:
    """Return an amount to the cent: 1,234.50元 in Chinese for yuan, ¥1,234.50 in English."""
    figure = f"{amount:,.2f}"
    if language == "zh" and currency in CHINESE_UNITS:
        return figure + CHINESE_UNITS[currency]
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{figure}" if symbol else f"{currency} {figure}"


def counted(count: int, noun: str) -> str:
    """Return a count with its English noun: 1 month, 2 months."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def currency_name(currency: str, language: str) -> str:
    """Return what people call a currency, 人民币 or yuan; its ISO 4217 code when that is not known here."""
    return CURRENCY_NAMES[language].get(currency, currency)


def day(value: date, language: str) -> str:
    """Return a day in full: 2026年12月5日 or 5 December 2026."""
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {value:%B} {value.year}"


def rate(percent: Decimal, language: str) -> str:
    """Return a yearly rate to two places, half up, without trailing zeros: 12.5%."""
    return f"{percent.quantize(Decimal('0.01'), ROUND_HALF_UP).normalize():f}%"
