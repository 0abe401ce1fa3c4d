"""What instructions in somebody else's text look like: scoped rules with ids, in the words of normalised text.

A rule has a weight; what is flagged reaches 1 in all. A single word such as "ignore" or "system" is never a rule: it stands in
too many honest sentences. Each rule asks for an order *to the reader* or for the form of a forged message.
"""

from __future__ import annotations

import re
from functools import cache

from harness.frozen import frozen

AS_OF = "2026-11-20"
"""Date of these rules."""


@frozen
class Rule:
    """One form of injected instruction."""

    id: str
    """Stable name."""

    style: str
    """What it tries: override, persona, forged-message, adherence, task-switch, tool-order, disclosure, concealment, hidden."""

    weight: float
    """1 flags alone; less needs another sign."""

    anchors: tuple[str, ...]
    """Texts of which one must be there before the pattern is tried at all."""

    pattern: str
    """Regular expression on normalised text (lower case, no accents); gaps are bounded, so that its cost is linear."""


_GAP = r"[^.!?\n]{0,30}?"
_ORDERS = r"(?:instructions?|rules?|prompts?|guidelines?|directions?|directives?|commands?|orders?|constraints?|polic(?:y|ies))"
_EARLIER = (
    r"(?:previous|prior|above|earlier|preceding|foregoing|existing|original|initial|system|current|aforementioned)"
)
_DROP = r"(?:ignore|disregard|forget|override|overrule|bypass|discard|neglect|do not follow|don't follow|stop following|skip)"
_MACHINE = (
    r"(?:ai|a\.i\.|llm|language model|chatbot|assistant|agent|bot|gpt(?:-?\d[\w.]*)?|claude|gemini|model|copilot)"
)
_INSIDE = r"(?:system prompts?|hidden (?:prompts?|instructions?)|initial (?:prompts?|instructions?)|instructions? above|secret(?: key)?|passwords?|pass ?(?:phrase|code)s?|api keys?|credentials|confidential (?:data|information|instructions?))"
_SENDS = r"(?:send|transfer|wire|redirect|reroute|divert|forward|e-?mail|post|upload|move|pay|reallocate|sell|buy|withdraw|delete|disable|grant|change|update|create|modify|schedule|approve|execute|initiate)"

RULES: tuple[Rule, ...] = (
    Rule(
        "override-earlier", "override", 1.0, ("ignore", "disregard", "forget", "overr", "bypass", "discard", "neglect", "follow", "skip"),
        rf"\b{_DROP}\s+(?:(?:all|any|every|each|of|the|your|my|these|those|this|to)\s+){{0,4}}(?:{_EARLIER}\s+){{1,2}}(?:\w+\s+){{0,2}}(?:{_ORDERS}|messages?|text|conversations?|tasks?|contexts?)\b",
    ),
    Rule(
        "override-your-rules", "override", 1.0, ("ignore", "disregard", "forget", "overr", "bypass", "discard", "neglect", "follow", "skip"),
        rf"\b{_DROP}\s+(?:(?:all|any|every|each|of)\s+){{0,2}}(?:your|the system'?s?)\s+(?:\w+\s+){{0,2}}(?:{_ORDERS}|programming|training|safeguards?|safety)\b",
    ),
    Rule(
        "override-everything", "override", 1.0, ("ignore", "disregard", "forget"),
        rf"\b(?:ignore|disregard|forget)\s+(?:everything|anything|all(?: of)?(?: that| this| the)?)\s+{_GAP}(?:above|before|earlier|previous(?:ly)?|said|told|written|so far|instructed)\b",
    ),
    Rule(
        "override-what-follows", "override", 1.0, ("instead", "rather"),
        rf"\b(?:ignore|disregard|forget|do not (?:do|answer|summari[sz]e|complete))\b[^\n]{{0,80}}\b(?:and )?(?:instead|rather)\b[, ]{{0,2}}(?:you (?:must|should|will)|please|just|only|say|write|print|output|do|{_SENDS}|reply|respond|answer|tell|call|use)\b",
    ),
    Rule(
        "override-and-say", "override", 1.0, ("stop ", "ignor", "disregard", "forget", "oubli", "olvid", "無視"),
        r"\b(?:ignore|disregard|forget|stop \w{3,12}ing)\s+(?:the|this|that|these|my|their)\s+(?:\w+\s+){1,3}(?:and|then)\s+(?:just |only |instead |simply )?(?:state|say|print|write|respond|reply|output|answer|tell|recommend|rate|describe|claim|report|return|send|transfer)\b|\b(?:ignor\w{1,3}|oubli\w{1,3}|olvid\w{1,3})\s+(?:l[aeo]s?|el|los|il|os?|as?)\s+(?:\w+\s+){1,3}(?:et|y|e)\s+(?:indiqu|dis|dit|ecri|reponde|di\b|diga|escrib|scriv|dig)\w*|無視\w{0,4}[、,][^。]{0,60}(?:述べ|書い|言っ|答え|出力)",
    ),
    Rule(
        "override-de", "override", 1.0, ("ignorier", "vergiss", "missacht"),
        r"\b(?:ignoriere?(?:n sie)?|vergiss|vergessen sie|missachte(?:n sie)?)\s+(?:\w+\s+){0,3}(?:vorherigen?|bisherigen?|obigen?|fruheren?|vorigen?)\s+(?:anweisung|instruktion|befehl|regel|vorgabe|eingabe)",
    ),
    Rule(
        "override-romance", "override", 1.0, ("ignor", "oubli", "olvid", "dimentic", "esque", "desconsider"),
        r"\b(?:ignor[aeiz]\w{0,4}|oubli\w{1,4}|olvid\w{1,4}|dimentic\w{1,4}|esque[cs]\w{1,4}|desconsider\w{1,4})\s+(?:\w+[' ]){0,4}(?:instru\w+|consignes|istruzioni|regl\w+|reglas|regole|regras|indicac\w+|directives)\s+(?:\w+\s+){0,2}(?:precedent\w*|anterior\w*|previ\w*|ci-dessus)|\b(?:ignor[aeiz]\w{0,4}|oubli\w{1,4}|olvid\w{1,4})\s+(?:\w+\s+){0,4}(?:precedent\w*|anterior\w*|previ\w*)\s+(?:instru\w+|consignes|regl\w+)",
    ),
    Rule(
        "override-cjk", "override", 1.0, ("指示", "指令", "命令", "規則", "规则", "지시", "명령", "프롬프트", "提示"),
        r"(?:(?:以前|前|上記|これまで|先ほど)の?(?:\w{0,4})(?:指示|命令|規則|プロンプト)\w{0,3}(?:無視|忘れ))|(?:(?:忽略|无视|無視|忘记|忘記|不要理会)\w{0,6}(?:之前|以前|先前|上面|以上|前面|所有)\w{0,6}(?:指令|指示|规则|規則|命令|提示))|(?:(?:이전|위|앞)의?\s?(?:모든\s?)?(?:지시|명령|프롬프트|지침)\S{0,6}\s?\S{0,3}\s?(?:무시|잊))",
    ),
    Rule(
        "override-slavic", "override", 1.0, ("instrykc", "ykazani", "instrukcj", "polecen"),
        r"(?:[иi]gn[oа]ri?r?\w{0,6}|zabyd\w{0,4}|zignoruj|zapomnij)\s+(?:\S+\s+){0,3}(?:instrykc\w*|ykazani\w*|instrukcj\w*|polecen\w*)",
    ),
    Rule(
        "new-instructions", "task-switch", 1.0, ("new ", "real ", "actual ", "updated "),
        r"\b(?:here (?:are|is)|these are|follow|obey|execute|(?:this|below) is)\s+(?:your|the|my)\s+(?:new|real|actual|updated)\s+(?:set of\s+)?(?:instructions?|task|goal|objective|orders?|mission|role)\b|\b(?:your|the)\s+(?:new|real|actual|only|true)\s+(?:task|instructions?|goal|objective|mission|job|purpose)\s+(?:is|are)\s+(?:now\s+)?(?:to|as follows|:)|^\W{0,4}(?:new|updated|revised) (?:system )?(?:instructions?|task|prompt)\s*:",
    ),
    Rule(
        "from-now-on", "task-switch", 1.0, ("from now on", "from this point", "henceforth"),
        r"\b(?:from now on|from this point (?:on|forward)|henceforth)\b,?\s+(?:you|the assistant|the (?:ai|model))\s+(?:will|must|are|shall|should|only|have to|answer|respond|act|speak)\b|\bfrom now on,?\s+(?:please\s+)?(?:always\s+|only\s+)?(?:state|say|claim|report|tell|recommend|respond|answer|reply|write|ignore|treat)\b",
    ),
    Rule(
        "before-you-continue", "task-switch", 1.0, ("before you", "before doing", "before answering", "before proceeding"),
        rf"\b(?:before (?:you )?(?:can |may |are able to )?(?:solv\w+|continu\w+|proceed\w*|answer\w*|complet\w+|do(?:ing)? (?:anything|what|the|that|this))\b[^.\n]{{0,60}}?,?\s+(?:please\s+)?(?:you (?:must|have to|need to|should|will)|please|first|do the following|make sure to {_SENDS}|{_SENDS})\b)",
    ),
    Rule(
        "task-already-done", "task-switch", 1.0, ("complete", "finished", "done", "accomplished", "solved", "answered"),
        rf"\b(?:(?:answer|task|request|objective|analysis|above|it)\s*(?::|is|has been|was)?\s*(?:now |successfully |already )?(?:complete[d]?|finished|done|accomplished|solved|answered))\s*[.!:;,]+\s*(?:(?:now|next|new|then|so)\b[^\n]{{0,30}}?)?(?:you (?:must|should|will|have to|need to)|your next|next task|new task|please {_SENDS}|please (?:ignore|follow|use|call)|now {_SENDS})\b",
    ),
    Rule(
        "strict-adherence", "adherence", 1.0, ("adhere", "obey", "comply", "follow", "execute", "carry out"),
        r"\byou (?:must|have to|are (?:required|obliged|obligated|ordered|instructed) to|shall|need to)\s+(?:strictly|immediately|now|only|always|exactly|without exception|unconditionally)\s+(?:adhere to|obey|comply with|follow|execute|carry out)\b[^.\n]{0,30}\b(?:instructions?|orders?|commands?|directives?|steps?|request)\b",
    ),
    Rule(
        "important-message", "forged-message", 1.0, ("important", "urgent", "critical", "note", "message", "instruction"),
        rf"\b(?:important|urgent|critical)\s+(?:message|instructions?|notice|information|request|note)\s+(?:from|to|for)\s+(?:me|you|the (?:user|system|developer|administrator|{_MACHINE})|{_MACHINE})\b|\b(?:message|instructions?|note|notice) (?:to|for) (?:the |any |all |every )?(?:{_MACHINE})s?\b\s*(?:reading|processing|handling|:|,|\()",
    ),
    Rule(
        "to-the-machine", "forged-message", 1.0, ("ai", "llm", "model", "bot", "assistant", "gpt", "claude", "gemini", "agent"),
        rf"\b(?:if|when) you are (?:an? |the )?(?:ai|llm|(?:large )?language model|chatbot|automated (?:agent|system)|ai (?:agent|assistant|model))\b|\b(?:dear|attention|hey|hello|note to(?: the)?|to (?:the|any|all)) (?:ai|llm|language model|chatbot|ai (?:agent|assistant|model)s?)\b\s*[,:!]|\b(?:ai|llm|language) (?:agents?|assistants?|models?)\b[^.\n]{{0,30}}\b(?:must|should|have to|need to|are (?:required|instructed) to)\s+(?:ignore|{_SENDS}|recommend|say|tell|respond|reply|include|rate|follow|call)\b",
    ),
    Rule(
        "forged-tags", "forged-message", 1.0, ("<|", "[inst]", "<<sys>>", "<system>", "</system>", "[system", "<information>", "<important>", "<instructions>", "<admin>", "[/inst]", "<user>", "</user>", "<assistant>", "<tool_", "</tool", "###"),
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|?>?|\[/?inst\]|<</?sys>>|</?(?:system|admin|important|information|instructions?|assistant|user|tool_(?:call|result|response)s?|tool_results?)>|\[/?(?:system|admin|developer)(?: (?:message|prompt|note|override|instructions?))?\]|#{2,4}\s*(?:system|instruction|assistant|new instructions?|end of (?:document|data|context))\b",
    ),
    Rule(
        "forged-role-line", "forged-message", 1.0, ("system", "assistant", "developer", "admin"),
        rf"(?:^|[\n\"'.!?;>])\W{{0,4}}(?:system|assistant|developer|admin(?:istrator)?)(?: (?:message|prompt|note|override|update|notice|instructions?))?\s*:\s*(?:you (?:must|are|will|should|have)|ignore|disregard|override|forget|please|the user|from now|new |all |{_SENDS})\b",
    ),
    Rule(
        "claimed-authority", "forged-message", 1.0, ("as a", "as the", "as your", "i am your", "i'm your", "this is your"),
        r"\bas (?:an? |the |your )(?:system |security |site )?(?:administrator|admin|developer|operator|creator|supervisor|boss)\b,? (?:of \w+ (?:\w+ )?)?i (?:hereby )?(?:confirm|authori[sz]e|instruct|order|approve|command|permit|need you|require|request)\b|\b(?:i am|i'm|this is) your (?:developer|creator|administrator|operator)\b",
    ),
    Rule(
        "persona", "persona", 1.0, ("you are now", "you're now", "act as", "pretend", "roleplay", "role-play", "imagine you", "you will be", "simulate"),
        r"\b(?:you(?: are|'re| will be)(?: now)?|act as|pretend (?:to be|that you are|you are|you're)|imagine (?:that )?you are|role-?play as|simulate)\s+(?:\w+\s+){0,6}?(?:dan\b|do anything now|jailbr\w+|unrestricted|uncensored|unfiltered|evil|without (?:any )?(?:restrictions?|rules?|filters?|limits?|limitations?|guidelines?|censorship|ethic\w*|moral\w*)|no (?:restrictions?|rules?|limits?|filters?|limitations?)|(?:not bound|free from|unbound))|\byou are now (?:in )?(?:the )?(?:an? )?(?:\w+ )?(?:mode\b|different (?:ai|assistant)|developer|root|admin\w*|my \w+)",
    ),
    Rule(
        "special-mode", "persona", 1.0, ("mode", "override"),
        r"<[^<>]{0,40}\bmode\s*>|\b(?:system|developer|admin|security|training|safety)[\w ]{0,20}\boverride\b(?: mode)?\s*[:>]|\bentering\b[\w ]{0,30}\boverride mode\b|\b(?:enter(?:ing|ed)?|activat\w+|enabl\w+|switch\w*(?: in)?to|you are(?: now)? in|go into|initiat\w+|start\w*|in)\s+(?:an?\s+|the\s+|your\s+|to\s+)?['\"]?(?:developer|debug(?:ging)?|maintenance|god|admin(?:istrator)?|root|dan|jailbreak|sudo|unrestricted|diagnostic|override|test(?:ing)?)\s+mode\b",
    ),
    Rule(
        "tool-order", "tool-order", 1.0, ("tool", "function", "api"),
        r"\b(?:by |only )?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|run(?:ning)?|execut(?:e|ing))\s+(?:only )?(?:the\s+)?[\"'`*]?[\w.\-]{3,60}[\"'`*]?\s+(?:tool|function|api)\b[^.\n]{0,60}\b(?:do not|don't|never|without|and not|instead of)\s+(?:use|using|call|calling|any|the)?\s*(?:any\s+)?(?:other|another)\b",
    ),
    Rule(
        "tool-order-quoted", "tool-order", 0.6, ("tool", "function"),
        rf"\b{_SENDS}\b[^.\n]{{0,160}}\b(?:by )?(?:using|calling|invoking|via|through|with)\s+(?:the\s+)?[\"'`*]?(?:[a-z]+(?:_[a-z]+)+|[\"'`*][\w.\-]{{3,60}}[\"'`*])\s+(?:tool|function|api)\b",
    ),
    Rule(
        "disclose", "disclosure", 1.0, ("prompt", "instruction", "secret", "pass", "api key", "credential", "confidential"),
        rf"\b(?:reveal|print|repeat|show|output|leak|disclose|expose|dump|display|share|give|tell|send|translate|encode|spell|write|what (?:is|are|was|were)|summari[sz]e|recite)\b(?:\s+(?:me|us|out|back|to me|with me|verbatim|again|all|of)){{0,3}}\s+(?:of\s+)?(?:your|the assistant's|its)\s+(?:\w+\s+){{0,2}}?{_INSIDE}\b",
    ),
    Rule(
        "ask-for-password", "disclosure", 1.0, ("pass", "secret key", "credential", "api key"),
        r"\b(?:confirm|provide|give(?: me)?|share|tell me|need|want|what(?:'s| is| was| would)(?: be)?|ask(?:ed)?(?: you)? for|disclose|hand over)\s+(?:me\s+|us\s+|with\s+){0,2}(?:with\s+)?your\s+(?:current\s+|own\s+|secret\s+)?(?:passwords?|pass ?(?:phrase|code)s?|secret key|api keys?|credentials)\b|\b(?:confirm|provide|give me|reveal|tell me|disclose)\s+the\s+(?:secret\s+)?(?:password|pass ?(?:phrase|code)|secret key)\b",
    ),
    Rule(
        "conceal", "concealment", 1.0, ("tell", "mention", "inform", "alert", "notify", "reveal", "let ", "warn"),
        r"\b(?:do not|don't|never|without|avoid)\s+(?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|alert(?:ing)?|notify(?:ing)?|reveal(?:ing)?|warn(?:ing)?|letting|let)\s+(?:this |it |that |any of this )?(?:to )?(?:the |your )?(?:user|human|operator|anyone about this|anyone that|(?:this|these|my) (?:note|message|instructions?|text|request))\b",
    ),
    Rule(
        "without-the-client", "concealment", 0.5, ("without",),
        r"\bwithout\s+(?:prior\s+)?(?:the\s+)?(?:client|user|customer|account holder|owner)(?:'s)?\s+(?:prior\s+)?(?:knowledge|consent|authori[sz]ation|approval|permission|notice|detection|knowing|noticing|confirmation)\b",
    ),
    Rule(
        "money-order", "tool-order", 0.5, ("account", "iban", "wallet", "$", "€", "£", "fund", "money", "asset"),
        r"(?:^|[.!?:;\n\"']\s*)(?:please\s+|you (?:must|should|need to|have to)\s+|immediately\s+|now\s+|first\s+){0,3}(?:send|transfer|wire|redirect|reroute|divert|reallocate|withdraw|liquidate|sell)\b[^.!?\n]{0,80}?(?:\$\s?\d|€\s?\d|£\s?\d|\d\s?(?:usd|eur|gbp|dollars|euros|shares|btc)|all (?:of )?(?:the |my |your |their )?(?:funds|money|assets|holdings|balance)|(?:account|wallet)(?: (?:number|no\.?|id))? ?#?\w*\d{3})",
    ),
    Rule(
        "comment-order", "hidden", 1.0, ("<!--", "/*"),
        rf"(?:<!--|/\*)[^>]{{0,200}}\b(?:{_MACHINE}|ignore|disregard|instructions?|you must)\b",
    ),
)  # fmt: skip


@cache
def compiled() -> tuple[tuple[Rule, re.Pattern[str]], ...]:
    """The rules with their patterns, in the letters that normalised text has."""
    from .normalise import fold

    return tuple((rule, re.compile(_in_folded(rule.pattern, fold), re.MULTILINE)) for rule in RULES)


@cache
def anchors() -> dict[str, tuple[str, ...]]:
    """Each rule's anchors in the letters that normalised text has."""
    from .normalise import fold

    return {rule.id: tuple(fold(anchor) for anchor in rule.anchors) for rule in RULES}


def _in_folded(pattern: str, fold: object) -> str:
    assert callable(fold)
    return "".join(one if one.isascii() else str(fold(one)) for one in pattern)
