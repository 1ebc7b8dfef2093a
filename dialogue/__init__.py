"""The only code that runs inside Rasa: tokens, the intent classifier, the turn's context and two policies."""
