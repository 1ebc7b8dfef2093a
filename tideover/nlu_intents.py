"""The intents by name, in English and Chinese, for people who label messages."""

from __future__ import annotations

from collections.abc import Sequence

CHINESE = {
    "willing_to_pay": "愿意还款",
    "promise_to_pay": "承诺还款",
    "partial_payment": "先还一部分",
    "refuse_to_pay": "拒绝还款",
    "cannot_pay": "没钱还",
    "unemployed": "失业降薪",
    "illness": "生病受伤",
    "disaster_epidemic": "灾害疫情",
    "business_closed": "生意失败",
    "ask_extension": "要求延期",
    "ask_settlement": "要求减免",
    "ask_amount_due": "问金额",
    "ask_due_date": "问还款日",
    "ask_penalty": "问罚息费用",
    "ask_credit_impact": "问征信后果",
    "ask_how_to_pay": "问怎么还",
    "ask_human": "找人工",
    "ask_schedule": "问还款计划",
    "ask_statement": "要凭证明细",
    "show_menu": "看菜单",
    "wrong_person": "找错人",
    "third_party": "他人代写",
    "dispute_debt": "对债务有异议",
    "stop_contact": "不要再联系",
    "attorney_represented": "有律师代理",
    "bankruptcy": "个人破产",
    "deceased": "借款人去世",
    "already_paid": "已经还了",
    "self_harm": "轻生",
    "threat_violence": "威胁暴力",
    "complain_regulator": "投诉",
    "abusive_language": "辱骂",
    "debt_agent_script": "代理维权话术",
    "verify_legitimacy": "核实真伪",
    "pay_to_personal_account": "向个人转账",
    "affirm": "肯定",
    "deny": "否定",
    "choose_option": "选一个",
    "correct_value": "更正数值",
    "change_mind": "改主意",
    "greet": "问候",
    "thanks": "感谢",
    "goodbye": "告别",
    "repeat": "再说一遍",
    "language_switch": "换语言",
    "provide_identity": "提供身份信息",
    "out_of_scope": "无关",
}


def named(intent: str) -> str:
    """Return an intent with its Chinese name behind it."""
    return f"{intent} {CHINESE[intent]}" if intent in CHINESE else intent


def find_intents(words: str) -> Sequence[str]:
    """Return the intents whose English or Chinese name contains `words`; an exact name is the only answer."""
    wanted = words.strip().lower().replace(" ", "_").replace("-", "_")
    if wanted in CHINESE:
        return [wanted]
    return [name for name, chinese in CHINESE.items() if wanted and (wanted in name or wanted in chinese)]
