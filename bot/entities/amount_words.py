"""The words around a figure that make it money, or something else: 还, owe, 尾号, a month, 号."""

import re

from bot.entities.currencies import SIGN
from bot.entities.numbers import ENGLISH_SCALE, SCALE

_FILLER = (
    r"(?:了|过|上|出|到|得起|你们|你|您|他|我|个|大概|大约|差不多|最多|至少|不超过|只有|先|成|是|有|共|款|钱|为|清|掉|给|够|\s"
    r"|(?<![a-z])(?:you|me|him|them|about|around|only|just|at least|at most|up to|maybe|like|roughly|another|of|"
    r"the|a|in|back|off|is|was|be|to|for|extra|nearly|almost|over)(?![a-z]))"
)
VERB_BEFORE = re.compile(
    r"(?:还(?!是)|付|给|交|转|凑|拿|欠|借|扣|存|缴|汇|掏|挣|赚|花了|打款|打钱|剩下?的?|罚息|利息|本金|工资|收入|每期|每个?月"
    r"|月供|余额|金额"
    r"|(?<![a-z])(?:pay|paid|paying|owe|owed|send|sent|transfer|transferred|afford|give|gave|deposit|deposited|"
    r"settle|borrowed|manage|repay|instal?lments?|balance|amount|interest|salary|earn|put|charged?|charging|"
    r"deducted|debited|refunded|received|accept|offer|spare|scraped?|scraped? together|raise|"
    r"(?:i|we) (?:said|meant?))(?![a-z]))"
    rf"{_FILLER}{{0,6}}:?(?:[\d.,]{{1,12}}[ 、和]{{1,2}}){{0,4}}$"
)
MONEY_CONTEXT = re.compile(
    r"还(?!有|是|没|不)|付|交|转|凑|欠|借|扣|款|钱|利息|本金|罚息|工资|收入|金额|多少|每个?月|[这本下]个?月|期|说的是\d|按\d"
    r"|不是\d|应该是|改成|改为|\b(?:not \d|i meant?|should be)"
    r"|\b(?:pay|paid|paying|payment|owe|afford|send|sent|transfer|deposit|settle|balance|fees?|interest|"
    r"instal?lments?|manage|salary|earn|loan|money|repay|per month|a month|monthly|a week|weekly|charged?|deducted"
    r"|partial|turned into|take it|(?:have|having|got) (?:only |just |about )?\d{3,})\b"
)
# Units that count something else. A unit that begins another phrase (三千月底, 三千下周, 三千分两次) counts nothing.
COUNTED_AFTER = re.compile(
    r"(?:多|来|几)?\s?(?:个|天|日|号|月(?![底初中末尾])|年(?![底初前后])|(?:周|星期|礼拜)(?![一二三四五六日天末])|期|次|笔|点"
    r"|时(?!候)|分(?!钱|期|开|[\d一二两三四五六七八九十几])|秒|%|岁|人|位|名|小时|钟|遍|条|楼|室|栋|倍|折|成(?![吗不么])"
    r"|平|公里|斤|家(?![里人庭])|辆|只|页|集|度|届|强|户|张|些|半(?!年|个?月)|部|下(?![周个月礼星])|级|季|[:/](?![-=])|之(?![间内])"
    r"|-?(?:percent|per cent|am|pm|days?|weeks?|wks?|months?|mths?|mos?|years?|yrs?|hours?|hrs?|min|minutes?|times?|"
    r"people|places|jobs|companies|calls|messages|emails|th|st|nd|rd|loans?|options?|instal?lments?|payments?|kids?|children|thanks|reasons|fortnights?|quarters?|"
    r"cents?|pence|miles|km|kg|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|o'clock)(?![a-z])"
    r"|-?(?:january|february|march|april|june|july|august|september|october|november|december))"
    r"|(?!ish(?![a-z]))[a-z]"
)
LABEL_BEFORE = re.compile(
    r"(?:尾号|尾数|[后末]四位|证|号码|编号|单号|合同|电话|热线|第|选|选项|房间|卡号|密码|验证码|百分之|分之|@|#"
    r"|(?<![a-z])[a-z]{1,4}-"
    r"|\b(?:option|loan|ref|reference|number|no|id|code|digits|four|ending|ends|in|at|case|call|account|acct|otp|pin)"
    r"(?: (?:no|number|in|with|is|are|id))?)[.:：]?\s?(?:是|为)?\s?$"
)
# Hot lines, and a farewell in a chat.
NOT_AMOUNTS = frozenset(
    "110 119 120 122 12315 12345 12348 12356 12363 12378 12368 96110 95188 999 911 988 112 1930 886".split()
)

_HEDGE_BEFORE = (
    r"就|那|我|也|只有|只|大概|大约|约|差不多|最多|最少|至少|起码|不超过|不到|超过|顶多|撑死|可能|或者|先|能|出"
    r"|about|around|only|just|maybe|like|ok|up to|at least|at most|minimum|max|maximum|no more than|not more than"
    r"|less than|more than|a bit|a little|over|under|nearly|almost|roughly|approx|approximately|say|take"
    r"|how about|what about|would|is|between|from|anywhere|somewhere|i|we|can|could|do|have|got"
    r"|\d[\d,.]{0,9}(?=\W{1,3}(?:哦?不|说错|打错|no|wait|sorry|oops))|哦?不对|哦?不是?|说错了?|打错了?|no|wait|sorry|oops|mean"
)
_HEDGE_AFTER = (
    r"左右|上下|多|来|几|之间|以内|之内|吧|行吗|行不行|可以吗|可以不|可以|能接受吗|接受吗|好吗|够吗|行|成吗|怎么样|可唔可以|得唔得|先|的?样子|呢|啦"
    r"|ok|okay|only|max|maximum|please|pls|first|now|today|ish|tops|at most|or so|is|fine|enough|doable|acceptable"
    r"|maybe|lah|la|po|then|all|i|have|can|do|work|works|for|you|my|limit|that|it"
)
# The whole message says little else than the figure.
BARE_START = re.compile(rf"\W{{0,9}}(?:(?:{_HEDGE_BEFORE})(?![a-z])\W{{0,3}}){{0,6}}")
BARE_END = re.compile(rf"\W{{0,3}}(?:(?:{_HEDGE_AFTER})(?![a-z])\W{{0,3}}){{0,6}}\W*")

RANGE_LINK = re.compile(rf"\s?(?:-|~|～|—|–|到|至|或者?|to|or|and)\s?(?:{SIGN}|us\$|s\$|hk\$|rm|rs\.? ?)?")
BETWEEN = re.compile(r"(?:(?<![a-z])between (?:about )?|介于|在)(?:[a-z]{0,2}\W)?\s?$")
VAGUE = re.compile(
    rf"(?:好几|十几|十来|几十|几|(?<![早晚马])上(?!十)){SCALE}{{1,2}}(?:多|来)?(?:块钱?|元|蚊)?|几(?:块钱|元钱|块)"
    r"|(?<![\d一二两三四五六七八九十])(?:千儿八百|百八十|[千万]八[千百])(?:块钱?|元|蚊)?"
    rf"|(?<![a-z])(?:(?:a )?few|several|some|many) {ENGLISH_SCALE}"
    r"(?: (?:dollars|bucks|rupees|yuan|pesos|pounds|quid))?"
    r"|(?<![a-z])(?:hundreds|thousands|lakhs)(?= of (?:dollars|bucks|rupees|yuan|pesos|pounds|quid))"
)
ROUND = re.compile(
    rf"(?<![{SCALE[1:-1]}\d一二两三四五六七八九几])([百千万])把(?=块|元|蚊|\W|$)(?:块钱?|元|蚊)?"
)
# A minus sign, not a dash between two figures or after a day.
MINUS = re.compile(r"(?<![\da-z.,%年月日号一二三四五六七八九十百千万亿两元块钱圆蚊毛角~-])[-−]\s?$")
