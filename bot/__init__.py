"""A message's way in and out: gateway, language, entities, redaction and channels."""
