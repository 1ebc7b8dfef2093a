"""What a borrower's file is good for: it is kept with the chat, belongs to a case, and a person looks at it.

Nothing is decided by a file, and nobody but a verified borrower hears what it was put to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from conversations.models import Evidence, EvidenceCase, EvidenceFile, InboundMessage
from loans.models import Case
from transcripts import log

if TYPE_CHECKING:
    from conversations.turn import Turn

KINDS = {
    "photo": "photo",
    "document": "document",
    "voice": "voice",
    "audio": "voice",
    "video": "video",
    "video_note": "video",
}
SHOWN = ("photo", "document", "video")  # a voice message is words, not proof
TAKEN_BY = ("already_paid", "hardship", "dispute", "bankruptcy", "fraud_alert", "complaint", "handover")
LOOSE_FOR = timedelta(days=1)
ALBUM = timedelta(seconds=5)


def note_file(session: Session, message: InboundMessage) -> Evidence | None:
    """Note the file of a message that has just been stored, and log it; None when it has none that can be fetched."""
    details = message.details
    kind = KINDS.get(str(details.get("media")))
    if kind is None or not details.get("file_id"):
        return None
    evidence = Evidence(
        conversation_id=message.conversation_id,
        message_id=message.id,
        kind=kind,
        media_type=details.get("media_type"),
        size=details.get("size"),
        channel_file=str(details["file_id"]),
        received_at=message.received_at,
    )
    session.add(evidence)
    session.flush()
    _log(session, evidence, "evidence_received", message.clock, {"file": kind, "message": message.id})
    return evidence


def asked_what_it_is(session: Session, conversation_id: str) -> bool:
    """Tell whether the chat's last message was a file that belongs to no case: the next words may say what it is."""
    last = select(func.max(InboundMessage.id)).where(InboundMessage.conversation_id == conversation_id)
    loose = select(Evidence.id).where(
        Evidence.message_id == last.scalar_subquery(),
        Evidence.kind.in_(SHOWN),
        ~exists().where(EvidenceCase.evidence_id == Evidence.id),
    )
    return session.scalar(loose.limit(1)) is not None


def note_fetched(
    session: Session,
    evidence: Evidence,
    outcome: str,
    now: datetime,
    *,
    sha256: str | None = None,
    path: str | None = None,
    size: int | None = None,
) -> None:
    """Note, once, what became of fetching a file: `kept`, or why it stays a reference."""
    if session.get(EvidenceFile, evidence.id) is not None:
        return
    session.add(
        EvidenceFile(evidence_id=evidence.id, outcome=outcome, sha256=sha256, path=path, size=size, at=now)
    )
    _log(session, evidence, "evidence_fetched", now, {"outcome": outcome, "sha256": sha256, "size": size})


def attach_loose(turn: Turn, case: Case) -> None:
    """Put the files that this chat has sent within a day, and that belong to no case yet, to `case`, and say so.

    In a chat that is not verified they stay with the chat, unless the case is about the chat alone.
    """
    if case.kind not in TAKEN_BY or turn.message.screen or not (turn.verified or case.borrower_id is None):
        return
    files = _loose(turn)
    for evidence in files:
        turn.session.add(
            EvidenceCase(evidence_id=evidence.id, case_id=case.id, attached_at=turn.message.clock)
        )
        turn.record("evidence_attached", {"evidence": evidence.id, "case": case.id}, subject_id=case.id)
    if files:
        turn.session.flush()
        turn.say("evidence_received" if turn.verified else "evidence_kept")


def acknowledge(turn: Turn) -> None:
    """Answer for the file of this message, unless what was said with it has put it to a case already.

    A verified borrower's only open case takes it; otherwise one line asks what it is. A cry for help comes alone, and
    of several files sent together only the last is answered.
    """
    mine = [evidence for evidence in _loose(turn) if evidence.message_id == turn.message.id]
    if not mine or turn.message.screen or _more_follow(turn):
        return
    cases = _open_cases(turn)
    in_crisis = turn.conversation.handover == "crisis" or any(case.kind == "crisis" for case in cases)
    if not turn.verified or in_crisis:
        turn.say("evidence_kept" if turn.message.text.strip() else "evidence_kept_words")
        return
    fitting = [case for case in cases if case.kind in TAKEN_BY]
    if len(fitting) == 1:
        attach_loose(turn, fitting[0])
        return
    turn.say(
        "evidence_what",
        buttons=[
            turn.button("button_evidence_paid", "already_paid"),
            turn.button("button_evidence_illness", "illness"),
            turn.button("button_evidence_other", "ask_human"),
        ],
    )


def evidence_of_cases(session: Session, borrower_id: int) -> list[dict[str, Any]]:
    """Return the files of a borrower's cases, oldest first, as `tideover show` gives them."""
    rows = session.execute(
        select(Evidence, EvidenceFile, Case)
        .join(EvidenceCase, EvidenceCase.evidence_id == Evidence.id)
        .join(Case, Case.id == EvidenceCase.case_id)
        .outerjoin(EvidenceFile, EvidenceFile.evidence_id == Evidence.id)
        .where(Case.borrower_id == borrower_id)
        .order_by(Evidence.received_at, Evidence.id)
    )
    return [_shape(evidence, file, case) for evidence, file, case in rows]


def _shape(evidence: Evidence, file: EvidenceFile | None, case: Case) -> dict[str, Any]:
    return {
        "id": evidence.id,
        "case": case.id,
        "case_kind": case.kind,
        "kind": evidence.kind,
        "media_type": evidence.media_type,
        "size": file.size if file and file.size is not None else evidence.size,
        "received_at": evidence.received_at.isoformat(),
        "state": file.outcome if file else "waiting",
        "path": file.path if file else None,
        "sha256": file.sha256 if file else None,
    }


def _loose(turn: Turn) -> Sequence[Evidence]:
    wanted = select(Evidence).where(
        Evidence.conversation_id == turn.conversation.id,
        Evidence.message_id <= turn.message.id,
        Evidence.kind.in_(SHOWN),
        Evidence.received_at >= turn.message.received_at - LOOSE_FOR,
        ~exists().where(EvidenceCase.evidence_id == Evidence.id),
    )
    return turn.session.scalars(wanted.order_by(Evidence.message_id)).all()


def _open_cases(turn: Turn) -> Sequence[Case]:
    if turn.borrower is None:
        return []
    wanted = select(Case).where(Case.borrower_id == turn.borrower.id, Case.status == "open")
    return turn.session.scalars(wanted).all()


def _more_follow(turn: Turn) -> bool:
    later = select(InboundMessage.id).where(
        InboundMessage.conversation_id == turn.conversation.id,
        InboundMessage.id > turn.message.id,
        InboundMessage.status == "received",
        InboundMessage.kind == "media",
        InboundMessage.received_at <= turn.message.received_at + ALBUM,
    )
    return turn.session.scalar(later.limit(1)) is not None


def _log(
    session: Session, evidence: Evidence, kind: str, occurred_at: datetime, fields: Mapping[str, Any]
) -> None:
    log.append(
        session,
        conversation_id=evidence.conversation_id,
        kind=kind,
        actor_role="system",
        occurred_at=occurred_at,
        subject_id=evidence.id,
        fields={"evidence": evidence.id, **fields},
    )
