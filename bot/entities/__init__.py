"""Amounts, dates and durations in a borrower's message, by deterministic rules."""

from bot.entities.entity import Entity, Unclear
from bot.entities.resolve import resolve

__all__ = ["Entity", "Unclear", "resolve"]
