"""Reminders: planned in SQL, sent through the outbox, recovered after a crash. All state is in tables."""
