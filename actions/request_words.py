"""Words that plainly ask for one thing, in normalised text: simplified Chinese, lower-case English.

What is doubtful is no match: the dialogue model's meaning counts then.
"""

from __future__ import annotations

import re

from actions.words import either

_LATE_CHARGES = either(
    r"罚息|滞纳金|违约金|逾期|罚款|罚金|不还|不交|拖着",
    r"penalt(?:y|ies)|late|overdue|fines?|already|so far|charged me",
)
_COST = either(
    r"多[付花收还交出掏给]|额外|成本|代价|划算|合算|贵|亏不亏|吃亏"
    r"|(?:会|要|得|算|收|加|付|给|还|多)[^，。]{0,3}(?:多少|几|啥|什么)[^，。]{0,2}(?:利息|钱|费)"
    r"|利息[^，。]{0,4}(?:多少|几|多吗|少吗|怎么|吗|咋)|多少利息|有(?:没有)?利息|手续费|服务费|(?:收|要)费",
    r"costs?|extra|expensive|worth it|cheaper|pay more"
    r"|(?:how much|what|any|more|additional|is there|charge\w*)\b.{0,20}\b(?:interest|fees?|charges?)"
    r"|(?:in|altogether|total) (?:all|total|to pay)|apr",
)
_INSTALMENT = either(
    r"[这下本]一?期|[这下]个?月", r"(?:next|this|current|coming) (?:payment|instal?ment|month|emi|bill)"
)
_WAIT = re.compile(
    r"(?:好的?|嗯|额|呃|那|先|你|您|麻烦|请|不急|别急)*"
    r"(?:等(?:等|一等|一?下下?|一?会儿?|我?(?:想想|看看|算算|问问|考虑|商量)[^不]{0,4})|稍等(?:一下|片刻)?|且慢|慢着|不急|别急"
    r"|(?:让|容|给)我(?:点?时间)?(?:再|先)?(?:好好)?(?:想|考虑|看|算|问|商量)[^还延不]{0,8}"
    r"|我(?:要|得|需要|想)?(?:再|先)(?:好好)?(?:考虑|想|看|算|问|商量)[^还延不要]{0,8}|考虑(?:一下|考虑|下)"
    r"|先(?:别|不要|不)(?:办|确认|提交|弄)|先(?:放着|留着|缓缓)"
    r"|(?:我)?(?:回头|晚点|待会儿?|一会儿?|等会儿?|改天|明天)再(?:说|看|定|弄|回复?你?|聊|来))(?:吧|哈|啊|呢|了|先|再说|谢谢)*"
    r"|(?:(?:ok(?:ay)?|yes|no|um+|hmm+|sorry|please|just|can you|could you|pls)[ ,]*)*"
    r"(?:wait(?: (?:a|one) (?:moment|minute|min|sec|second|bit|while))?|hold on|hang on"
    r"|(?:one |a )?(?:sec|second|moment|minute|min)"
    r"|give me (?:a|some|one)(?: little)? ?(?:sec|second|moment|minute|min|bit|time|while)(?: to think)?"
    r"|let me (?:think|check|see|ask|talk|discuss|look)\b(?!.*\b(?:owe|due|options?|plan|balance|loan officer)\b)"
    r".{0,40}"
    r"|i(?:'ll|'d| will| need to| have to| want to| must| would like to|'m going to)?(?: like to)? (?:have a )?think"
    r"(?: (?:about|it|on)\b.{0,20})?"
    r"|i need (?:some |a bit of |more )?time to (?:think|decide).{0,20}|not yet|brb|maybe later"
    r"|(?:i'?ll )?get back to you(?: .{0,15})?|later)(?:[ ,]*(?:please|pls|ok|thanks|first|there|on))*"
)
_FILLER = re.compile(
    r"好的?|嗯+|行|可以|哦|额|呃|那个?|谢谢|不好意思|(?:ok(?:ay)?|yes|no|well|sorry|thanks|thank you|um+|hm+|sure)"
)
_PAYOFF = either(
    r"(?:还清|结清|还完|清掉|清完|一次性?还)[^，。]{0,10}(?:多少|几|金额|怎么算|啥价)"
    r"|(?:多少|几)[^，。]{0,6}(?:能|可以|才能|就能|算|够)?(?:还清|结清|还完)|结清(?:金额|款)",
    r"(?:how much|what|the amount|figure|quote)\b.{0,45}"
    r"\b(?:pay(?:ing)? (?:\w+ ){0,3}off|pay ?off|settle|clear|close|foreclose|preclose"
    r"|pay (?:\w+ ){0,3}(?:early|in full|in one go|completely))"
    r"|(?:pay ?off|settlement|foreclosure|preclosure|early repayment) (?:amount|figure|quote|balance|sum|statement)",
)
_DISCOUNT = either(
    r"折|减|免|优惠|便宜|少[还给付点]|最低|让多少|让利|协商|商量|分期|手续费|违约金",
    r"discount|waive\w*|less|reduc\w*|low(?:er|est)|settlement offer|write off|deal|negotiat\w*|offer|off if|off for",
)
_PAPERS = either(
    r"(?:发|给|寄|传|下载|打印|拿|要|看)[^，。]{0,8}(?:协议|合同|借据|凭证文件)"
    r"|(?:协议|合同|借据)(?:文件|书|副本|复印件|扫描件|原件|电子版|pdf)*[^，。不没]{0,6}(?:发|给我|寄|看|下载|在哪|哪里|怎么拿|有没有|有吗|来一份)"
    r"|^(?:协议|合同|协议书|合同文件|协议文件)$",
    r"(?:send|get|have|see|show|need|want|e-?mail|download|give|share|resend|view|read|print|copy of|where)\b"
    r".{0,30}\b(?:agreement|contract|paperwork|loan papers)"
    r"|(?:copy|pdf) of (?:the|my|our)? ?(?:agreement|contract)",
)
_JUST_PAPERS = re.compile(r"\W*(?:the |my |our )?(?:agreement|contract|paperwork|papers)(?: please| pls)?\W*")
_OTHERS = either(
    r"家人|家里|家属|父母|爸|妈|老婆|老公|妻子|丈夫|对象|亲戚|亲友|朋友|同事|公司|单位|老板|领导|村委|紧急联系人|通讯录|担保人|孩子|邻居|学校",
    r"family|wife|husband|spouse|partner|parents?|mother|father|mum|mom|dad|boss|employer|work(?:place)?|hr|colleagues?"
    r"|friends?|relatives?|neighbou?rs?|guarantor|references?|emergency contacts?|contacts|kids|children"
    r"|anyone|anybody|people",
)
_TELLS = either(
    r"告诉|通知|联系|打给|打电话|电话|找|骚扰|知道|透露|说出去|曝光|爆",
    r"tell|telling|told|contact(?:ed)?|call(?:ed)?|inform(?:ed)?|hear|learn|message|text|ring|speak to|talk to"
    r"|notif(?:y|ied)|find out|know|involve|go to|write to|email",
)
_ASKS = either(
    r"吗|么|嘛|会不会|是不是|\?|怎么办|别|不要|怕|担心|能不能不|可不可以不",
    r"will|would|do you|are you|can you|could you|going to|if|please|don'?t|worried|afraid|scared|\?",
)
_VISITS = either(
    r"上门|来我?家|到我?家|去我?家|登门|爆通讯录|来单位|来公司",
    r"(?:come|coming|visit\w*|show(?:ing)? up|turn(?:ing)? up"
    r"|send (?:someone|somebody|people|anyone|collectors?|men))\b"
    r".{0,25}\b(?:house|home|door|place|flat|office|work|address)|home visits?|visit me|(?:knock|knocking) on my door",
)
_RATE = either(
    r"利率|年化|几厘|几分利|利息[^，。]{0,5}(?:多少|几|怎么算|咋算|百分之)|多少(?:的)?利息|什么利息",
    r"(?:what|which|how much|tell me|my)\b.{0,25}\b(?:interest|rate|apr)|interest rate|apr\??",
)
_DENIES_STOP = either(
    r"(?:没有?|不是)(?:说过?|要|想|在|对)[^，。,]{0,6}(?:异议|不认|不是我|否认|质疑|打错|别人|不还)|没有?(?:什么)?异议|无异议|(?:没有?|不)(?:否认|质疑)"
    r"|(?:我|^)(?:就|真的?)(?:是)?(?:借款人|本人|机主)(?!的)|我是(?:借款人|本人|机主)(?!的)|(?<!不)(?:就)?是我(?:本人|自己)(?:借|欠|的)|我(?:认|承认)(?:账|这笔|欠)",
    r"(?:don'?t|do not|didn'?t|did not|am not|'m not|never|not) (?:dispute|disputing|deny|denying|contest|contesting"
    r"|say(?:ing)? (?:it|that it|this|the debt|i don'?t)|mean to dispute|said (?:it|this|the debt|i didn'?t|i don'?t))"
    r"|(?:i am|i'?m|this is) (?:really |actually |definitely )?"
    r"(?:the borrower|the customer|the account holder|the right person)(?!'s)"
    r"|(?:it'?s|it is|that'?s|this is) my (?:own )?(?:loan|debt|account)|i do owe",
)
_MISREAD = either(
    r"误会|(?:理解|看|听)错|(?:你|您|系统)(?:搞|弄)错了?我?的?意?思?|不是这个?意思|我没(?:这么|那么|这样)?说|是我本人|是我啊|是本人",
    r"misunderst\w*|got (?:me|that|it) wrong|i (?:never|did not|didn'?t) (?:say|said) (?:that|so)"
    r"|that'?s not what i (?:said|mean|meant)"
    r"|that'?s me|it'?s me|this is me|i am him|i am her",
)
_WITHDRAWS = either(
    r"撤回|撤销|取消|作废|不办了|不申请了|反悔|不要了|算了",
    r"cancel|withdraw|undo|revoke|call it off|take (?:it|that) back|pull (?:it|that|out)|scrap (?:it|that)",
)
_BOTH = either(
    r"[两二]笔(?:贷款)?(?:都|全|一起|一块)|(?:两个|两份)贷款(?:都|一起)|(?:所有|全部)(?:的)?贷款|都(?:要|想|需要)?(?:一起)?(?:延|办|调)"
    r"|^(?:都要|两笔|两笔都|全部|都|两个都要|两笔一起)$",
    r"both(?: of (?:them|the loans|my loans))?|all (?:of )?(?:my |the )?loans|the two loans|each loan|all of them",
)


def asks_cost(text: str) -> bool:
    """Tell whether the text asks what an arrangement costs, not what lateness has cost or an instalment asks for."""
    is_other = _LATE_CHARGES.search(text) or _INSTALMENT.search(text)
    return _COST.search(text) is not None and not is_other


def asks_to_wait(text: str) -> bool:
    """Tell whether the whole text only asks for a moment, or for time to think."""
    rest = [part for part in _parts(text) if not _WAIT.fullmatch(part)]
    return len(rest) < len(_parts(text)) and all(_FILLER.fullmatch(part) for part in rest)


def _parts(text: str) -> list[str]:
    """The parts between stops and commas; a text that only waits says so in each, as in "hold on, let me think"."""
    parts = re.split(r"[,.，。!！~…?？、;；]+|\b(?=let me\b)", text)
    return [part.strip() for part in parts if part.strip()] or [text]


def asks_payoff(text: str) -> bool:
    """Tell whether the text asks how much settles a loan, without asking for less."""
    return _PAYOFF.search(text) is not None and not _DISCOUNT.search(text)


def asks_papers(text: str) -> bool:
    """Tell whether the text asks for an agreement's or contract's papers."""
    return _PAPERS.search(text) is not None or _JUST_PAPERS.fullmatch(text) is not None


def asks_who_hears(text: str) -> bool:
    """Tell whether the text asks if somebody else will be told, or if anybody will come."""
    tells = _OTHERS.search(text) and _TELLS.search(text) and _ASKS.search(text)
    return bool(tells) or _VISITS.search(text) is not None


def asks_rate(text: str) -> bool:
    """Tell whether the text asks for a loan's rate or interest."""
    return _RATE.search(text) is not None and not _LATE_CHARGES.search(text)


def denies_stop(text: str) -> bool:
    """Tell whether the text says that the debt is not disputed, or that the borrower is writing."""
    return _DENIES_STOP.search(text) is not None


def says_misread(text: str) -> bool:
    """Tell whether the text says that its writer was misunderstood."""
    return _MISREAD.search(text) is not None


def withdraws(text: str) -> bool:
    """Tell whether the text asks for something to be undone."""
    return _WITHDRAWS.search(text) is not None


def means_both(text: str) -> bool:
    """Tell whether the text speaks of all of the borrower's loans at once."""
    return _BOTH.search(text) is not None
