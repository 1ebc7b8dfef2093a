"""Where state lives: one SQLAlchemy metadata, its column types, the engine and the migrations."""
