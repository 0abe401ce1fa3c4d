"""The words and signs that give a figure its currency, scale, unit or bound."""

# ruff: noqa: SIM905  (word lists read better as text)
from __future__ import annotations

from decimal import Decimal
from typing import Final

SYMBOLS: Final[dict[str, str]] = {
    "$": "USD", "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "HK$": "HKD", "NZ$": "NZD",
    "S$": "SGD", "SG$": "SGD", "R$": "BRL", "NT$": "TWD", "MX$": "MXN", "Mex$": "MXN", "€": "EUR", "£": "GBP", "¥": "JPY",
    "CN¥": "CNY", "JP¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW", "₿": "BTC", "₪": "ILS", "₺": "TRY", "฿": "THB",
    "₫": "VND", "₦": "NGN", "₴": "UAH", "₱": "PHP", "元": "CNY", "円": "JPY", "zł": "PLN", "Kč": "CZK", "kr": "SEK", "kr.": "DKK",
    "Rp": "IDR",
    "Rp.": "IDR",
    "Rs": "INR", "Rs.": "INR", "RM": "MYR", "RMB": "CNY", "Fr.": "CHF", "SFr.": "CHF", "Ξ": "ETH",
}  # fmt: skip

CODES: Final[frozenset[str]] = frozenset(
    "USD EUR GBP JPY CHF CAD AUD NZD CNY CNH HKD SGD INR KRW BRL MXN ZAR SEK NOK DKK PLN CZK HUF TRY RUB ILS THB "
    "IDR MYR PHP TWD VND AED SAR QAR KWD BHD NGN KES EGP ARS CLP COP PEN RON BGN UAH PKR BDT LKR ISK".split()
)

COINS: Final[frozenset[str]] = frozenset("BTC ETH SOL XRP ADA DOGE BNB LTC DOT AVAX USDC USDT DAI XBT".split())

COMMA_MONEY: Final[frozenset[str]] = frozenset(
    "EUR BRL DKK NOK SEK PLN CZK HUF TRY IDR VND ARS CLP COP RUB RON".split()
)
"""Currencies whose amounts are usually written with a decimal comma."""

MONEY_WORDS: Final[dict[str, tuple[str, Decimal]]] = {
    word: (code, Decimal(worth))
    for words, code, worth in (
        ("dollar dollars buck bucks", "USD", "1"), ("euro euros", "EUR", "1"), ("pound pounds sterling", "GBP", "1"),
        ("yen", "JPY", "1"), ("franc francs", "CHF", "1"), ("rupee rupees", "INR", "1"), ("yuan renminbi", "CNY", "1"),
        ("won", "KRW", "1"), ("peso pesos", "MXN", "1"), ("reais", "BRL", "1"), ("rand", "ZAR", "1"),
        ("krona kronor", "SEK", "1"), ("ruble rubles rouble roubles", "RUB", "1"), ("shekel shekels", "ILS", "1"),
        ("bitcoin bitcoins", "BTC", "1"), ("ether", "ETH", "1"),
        ("cent cents ¢", "USD", "0.01"), ("pence penny", "GBP", "0.01"),
    )
    for word in words.split()
}  # fmt: skip
"""Currency words, and what one of each is worth in its currency."""

SCALES: Final[dict[str, Decimal]] = {
    word: Decimal(worth)
    for words, worth in (
        ("hundred", 100), ("k thousand thousands tausend tsd", 10**3), ("lakh lakhs lac lacs", 10**5),
        ("m mm mn mln mil mio million millions millionen milhões milhão millones millon millón", 10**6), ("crore crores cr", 10**7),
        ("b bn bln mrd milliard milliards milliarden billion billions bilhões bilhão", 10**9), ("t tn trn trillion trillions", 10**12),
        ("万 萬", 10**4), ("億 亿", 10**8),
    )
    for word in words.split()
}  # fmt: skip

DURATIONS: Final[dict[str, str]] = {
    word: unit
    for words, unit in (
        ("year years yr yrs", "year"), ("quarter quarters", "quarter"), ("month months mo mos mth mths", "month"),
        ("week weeks wk wks", "week"), ("day days", "day"), ("hour hours hr hrs", "hour"),
        ("minute minutes min mins", "minute"), ("second seconds sec secs", "second"), ("decade decades", "decade"),
    )
    for word in words.split()
}  # fmt: skip

SHARES: Final[frozenset[str]] = frozenset("share shares sh shs aktien".split())

COUNTS: Final[dict[str, str]] = {
    word: word.removesuffix("s") if word not in ("people", "punkte") else word
    for word in (
        "contracts units options bonds coins lots tokens employees customers clients users subscribers members people "
        "stores accounts positions holdings companies firms stocks funds etfs trades orders transactions simulations paths "
        "scenarios runs points pts punkte pips barrels ounces tons tonnes vehicles cars homes jobs workers patents "
        "countries markets offices branches investors shareholders securities stakes properties deliveries aircraft "
        "charts steps calls warrants notes futures puts kg km mw gw mwh gwh kwh gb tb oz bbl"
    ).split()
}

ATTACHED_UNITS: Final[frozenset[str]] = frozenset("kg km mw gw mwh gwh kwh twh gb tb mb oz bbl".split())
"""Physical units that may touch the digits."""

QUALIFIERS: Final[frozenset[str]] = frozenset(
    "more additional common ordinary preferred new outstanding trading business calendar consecutive full total us u.s. "
    "canadian australian hong singapore american".split()
)
"""Words that may stand between a figure and its unit."""

DOLLAR_OF: Final[dict[str, str]] = {
    "us": "USD", "u.s.": "USD", "american": "USD", "canadian": "CAD", "australian": "AUD", "singapore": "SGD",
}  # fmt: skip
