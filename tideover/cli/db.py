"""`tideover db`: the database's tables, brought up to date or checked."""

from __future__ import annotations

import click
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from storage.engine import open_engine
from storage.migrate import alembic_config, upgrade
from tideover.cli.common import json_option, print_json, refuse
from tideover.settings import Settings

LOG_UNGUARDED = "log entries could be changed 日志保护触发器缺失"
QUOTES_UNGUARDED = "quotes could be changed after they were shown 报价保护触发器缺失"
PEOPLE_UNGUARDED = "one person could both make and approve an agreement 双人复核触发器缺失"
CONSENTS_UNGUARDED = "recorded consents could be changed 同意记录保护触发器缺失"
IN_FORCE_UNGUARDED = "an agreement could come in force without consent or approval 协议生效保护触发器缺失"
AGREEMENTS_UNGUARDED = "agreements could be replaced 协议保护触发器缺失"
EVIDENCE_UNGUARDED = "records of the files borrowers sent could be changed 证据记录保护触发器缺失"
GUARDS = {
    "agreement_two_people": PEOPLE_UNGUARDED,
    "agreement_fixed": PEOPLE_UNGUARDED,
    "consent_two_people": PEOPLE_UNGUARDED,
    "agreement_approved_insert": IN_FORCE_UNGUARDED,
    "agreement_approved_update": IN_FORCE_UNGUARDED,
    "agreement_consented_insert": IN_FORCE_UNGUARDED,
    "agreement_consented_update": IN_FORCE_UNGUARDED,
}
FROZEN = {
    "log_entry": LOG_UNGUARDED,
    "quote": QUOTES_UNGUARDED,
    "consent": CONSENTS_UNGUARDED,
    "evidence": EVIDENCE_UNGUARDED,
    "evidence_file": EVIDENCE_UNGUARDED,
    "evidence_case": EVIDENCE_UNGUARDED,
}


@click.group("db")
def db() -> None:
    """The database's tables. 数据库表结构。"""


@db.command("upgrade")
@json_option
def upgrade_command(as_json: bool) -> None:
    """Apply the migrations the database lacks; doing it again changes nothing. 升级数据库。"""
    url = Settings.from_environment().database_url
    try:
        before = _revision(url)
        upgrade(url)
        after = _revision(url)
    except SQLAlchemyError as fault:
        raise refuse(_unreachable(url, fault)) from None
    shape = {"database": _shown(url), "before": before, "after": after, "changed": before != after}
    if as_json:
        print_json(shape)
    elif before == after:
        click.echo(f"up to date 已是最新: {after}, {shape['database']}")
    else:
        click.echo(f"upgraded 已升级: {before or 'empty 空库'} -> {after}, {shape['database']}")


@db.command("check")
@json_option
@click.pass_context
def check_command(context: click.Context, as_json: bool) -> None:
    """Check that the tables are up to date and undamaged; exit status 1 when not. 检查数据库。"""
    url = Settings.from_environment().database_url
    try:
        problems = _problems(url)
    except SQLAlchemyError as fault:
        raise refuse(_unreachable(url, fault)) from None
    if as_json:
        print_json({"database": _shown(url), "ok": not problems, "problems": problems})
    else:
        click.echo("\n".join(problems) if problems else f"in order 正常: {_shown(url)}")
    context.exit(1 if problems else 0)


def _problems(url: str) -> list[str]:
    newest = ScriptDirectory.from_config(alembic_config(url)).get_current_head()
    engine = open_engine(url)
    try:
        revision = _revision_of(engine)
        if revision != newest:
            found = f"the tables are at {revision}, not {newest}" if revision else "there are no tables yet"
            return [f"{found}: run tideover db upgrade 数据库需要升级"]
        return _damage(engine) + _unguarded(engine)
    finally:
        engine.dispose()


def _damage(engine: Engine) -> list[str]:
    """SQLite's own findings; PostgreSQL watches over its pages and keys itself."""
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        pages = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
        keys = [
            f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there"
            for row in connection.execute(text("PRAGMA foreign_key_check"))
        ]
    return [f"{problem}: restore a backup 数据损坏，请恢复备份" for problem in pages + keys]


def _unguarded(engine: Engine) -> list[str]:
    """The triggers that keep what must never happen from happening must be there."""
    sqlite = engine.dialect.name == "sqlite"
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with engine.connect() as connection:
        found = {str(row[0]) for row in connection.execute(text(query))}
    changes = ("no_update", "no_delete", "no_replace") if sqlite else ("no_change",)
    guards = {f"{table}_{change}": what for table, what in FROZEN.items() for change in changes} | GUARDS
    if sqlite:
        guards["agreement_no_replace"] = AGREEMENTS_UNGUARDED
    return [f"the trigger {name} is gone, so {what}" for name, what in guards.items() if name not in found]


def _revision(url: str) -> str | None:
    engine = open_engine(url)
    try:
        return _revision_of(engine)
    finally:
        engine.dispose()


def _revision_of(engine: Engine) -> str | None:
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _unreachable(url: str, fault: SQLAlchemyError) -> str:
    reason = str(getattr(fault, "orig", None) or fault).strip().splitlines()[0]
    return f"cannot use the database {_shown(url)}: {reason}; see TIDEOVER_DATABASE_URL 无法使用数据库"
