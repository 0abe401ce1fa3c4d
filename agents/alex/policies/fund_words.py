"""What words in a fund's name and text suggest. General knowledge, written by hand; the basis of a heuristic, not of a fact.

Patterns are tried in order and the first that matches counts, so special words stand before general ones.
"""

from __future__ import annotations

from typing import Final

Mix = dict[str, float]

BOND_NAME: Final = (
    r"\bbonds?\b|\bb[dn]\b|bd etf|\bgovt|government|treasur|municipal|\bmuni\b|\btips\b|inflat\w* ?(?:protected|linked|lnkd)"
    r"|aggregate|\bagg\b|fixed income|\bloans?\b|mortgage-backed|\bmbs\b|\bgnma\b|\bcredit\b|duration|zero coupon|bulletshares"
    r"|ibonds|floating rate|\bdebt\b|sovereign|\bgilts?\b|investment grade|corporate(?! governance)|\bcorp\b|ultra.?short|"
    r"fallen angel|short maturity|high yield(?! dividend| equity)|high income etf|tail risk|\bclo\b|convertible"
)
NOT_BOND_NAME: Final = r"equity|stock|dividend|\breit\b|real estate|\bmlp\b|infrastructure|momentum|property"
BOND_TEXT: Final = (
    r"\bbonds?\b|fixed.income|debt securities|debt obligations|treasur(?:y|ies)|securities with maturities|credit quality"
    r"|investment.grade|\bmaturit(?:y|ies)\b|senior loans|municipal"
)
STOCK_TEXT: Final = r"\bstocks?\b|equit(?:y|ies)|\bcompan(?:y|ies)\b|shares|market.cap|capitalization|issuers listed|depositary receipts"

MIXED_NAME: Final = (
    (r"aggressive", {"equity": 80.0, "fixed_income": 20.0}),
    (r"conservative", {"equity": 30.0, "fixed_income": 70.0}),
    (r"moderate", {"equity": 40.0, "fixed_income": 60.0}),
    (r"growth (?:allocation|multi-asset)|growth etf portfolio", {"equity": 60.0, "fixed_income": 40.0}),
    (r"\b60/40\b|90/60|balanced", {"equity": 60.0, "fixed_income": 40.0}),
    (r"\b40/60\b", {"equity": 40.0, "fixed_income": 60.0}),
    (r"multi.?asset|asset allocation|core \w+ allocation|managed risk|income builder|global yield|target date", {"equity": 60.0, "fixed_income": 40.0}),
    (r"targetincome|tactical income", {"equity": 25.0, "fixed_income": 75.0}),
)  # fmt: skip

COMMODITY_NAME: Final = (
    r"\b(?:gold|silver|platinum|palladium|bitcoin|crude|wti|brent|natural gas|commodit\w+|copper|corn|wheat)\b"
)
COMPANIES: Final = (
    r"miner|mining|producer|compan|equit|refiner|explor|royalt|stock|infrastructure|first trust natural gas"
)
ALTERNATIVE_NAME: Final = r"\bbitcoin\b|\bethereum\b|\bcrypto|hedge (?:fund|multi)|merger arbitrage|managed futures|market neutral|long/short|\bvix\b"

BOND_SECTORS: Final = (
    (r"treasur|\bgovt|\bgovernment\b|sovereign|\btips\b|inflat|\bgilts?\b|zero coupon|govi\b", {"treasury": 100.0}),
    (r"municipal|\bmuni\b|agency|green bond|supranational", {"government_related": 100.0}),
    (r"mortgage|\bmbs\b|\bgnma\b", {"mortgage": 100.0}),
    (r"aggregate|total bond|\bbroad\b|universe|short-term bond|intermediate-term bond|long-term bond|\bcore\b", {"treasury": 42.0, "mortgage": 27.0, "corporate": 24.0, "government_related": 7.0}),
    (r"emerging|local", {"government_related": 100.0}),
    (r"corp|high.?yield|\bhy\b|credit|loan|fallen angel|investment grade|floating|preferred|convertible|clo\b", {"corporate": 100.0}),
)  # fmt: skip

SECTORS: Final[tuple[tuple[str, Mix], ...]] = (
    (r"mortgage reit|\breits?\b|real estate|property|prpty|prop yld", {"real_estate": 100.0}),
    (r"real assets", {"real_estate": 45.0, "energy": 20.0, "materials": 15.0, "utilities": 10.0, "industrials": 10.0}),
    (r"clean (?:edge|energy)|green energy|renewable|solar|wind energy|smart grid|low.carbon energy", {"technology": 35.0, "utilities": 30.0, "industrials": 25.0, "materials": 5.0, "consumer_discretionary": 5.0}),
    (r"yieldco|uranium|nuclear|electric power", {"utilities": 95.0, "energy": 5.0}),
    (r"\bmlps?\b|pipeline|energy infrastructure|energy income|energy & infrastructure", {"energy": 95.0, "utilities": 5.0}),
    (r"infrastructure", {"utilities": 45.0, "industrials": 30.0, "energy": 15.0, "communication": 5.0, "real_estate": 5.0}),
    (r"biotech|pharma|health|medical|life ?sci|genom|obesity|cancer|immuno|device", {"healthcare": 100.0}),
    (r"pet care", {"healthcare": 50.0, "consumer_discretionary": 30.0, "consumer_staples": 20.0}),
    (r"cannabis|alternative harvest|marijuana", {"healthcare": 70.0, "consumer_staples": 30.0}),
    (r"\bgold\b|silver|copper|metals|mining|miners|steel|rare earth|chemical|materials|timber|forestry|lithium|\bresi\b|resources 10", {"materials": 100.0}),
    (r"natural resources", {"materials": 50.0, "energy": 40.0, "consumer_staples": 10.0}),
    (r"agri|water", {"materials": 40.0, "consumer_staples": 35.0, "industrials": 25.0}),
    (r"oil|gas\b|energy|exploration", {"energy": 100.0}),
    (r"bank|insurance|broker|capital markets|fintech|mobile payments|financ|fincl|asset managers", {"financials": 100.0}),
    (r"electric vehicle|autonomous|smart mobility|vehicle|\bauto|\bcars?\b|nextgen vhcl", {"consumer_discretionary": 55.0, "technology": 30.0, "industrials": 15.0}),
    (r"robot|artificial intelligence and robot|intelligent structures", {"technology": 50.0, "industrials": 50.0}),
    (r"aerospace|defense|industrials?\b(?! average)|transport|airline|\bjets\b|machinery|construct|environmental services|shipping|logistic", {"industrials": 100.0}),
    (r"internet of things", {"technology": 75.0, "industrials": 25.0}),
    (r"internet", {"communication": 45.0, "consumer_discretionary": 40.0, "technology": 15.0}),
    (r"\bmedia\b|\bcomm\b|communication|telecom|social media|gaming|esports|video game", {"communication": 100.0}),
    (r"semiconductor|software|cyber|cloud|technolog|\btech\b|5g|nextg|hardware|blockchain|data sharing|internet of things|artificial intelligence|electric appliances|innovation|disruptive|info(?:rmation)? tech", {"technology": 90.0, "communication": 10.0}),
    (r"consumer (?:staples|defensive)|staples|food|beverage|organics|tobacco", {"consumer_staples": 100.0}),
    (r"consumer (?:disc|cycl)|discre\w+|retail|homebuild|home construction|leisure|travel|luxury|online|e-?commerce|millennial|wellness|restaurant|consumer", {"consumer_discretionary": 85.0, "consumer_staples": 10.0, "communication": 5.0}),
    (r"utilit", {"utilities": 100.0}),
)  # fmt: skip

DIVIDED: Final = {
    r"ex.?financials": "financials",
    r"ex.?(?:technology|tech)\b": "technology",
    r"ex.?energy": "energy",
    r"ex.?health": "healthcare",
    r"ex.?fossil": "energy",
}

REGIONS: Final[tuple[tuple[str, Mix], ...]] = (
    (r"ex.?u\.?s\.?a?\b|ex.?united states|ex-north america|kokusai|acwi ex", {"europe": 45.0, "asia": 42.0, "oceania": 5.0, "north_america": 8.0}),
    (r"emerging|\bem\b|brics?\b|bick\b|frontier|belt one road", {"asia": 75.0, "latin_america": 10.0, "africa": 8.0, "europe": 7.0}),
    (r"japan|topix|nikkei|\bjpx?\b|\bjpn\b|j-reit|mothers|tokai|\btse ", {"asia": 100.0}),
    (r"china|csi ?\d|hong kong|taiwan|korea|kodex|india|nifty|indonesia|malaysia|thai|\bset\d*\b|singapore|philippin|vietnam|asia|pakistan|samsung|a-share|bursa", {"asia": 100.0}),
    (r"australia|new zealand", {"oceania": 100.0}),
    (r"brazil|mexico|chile|peru|colombia|argentin|latin", {"latin_america": 100.0}),
    (r"south africa|satrix|coreshares|newfunds|stanlib|nigeria|africa|egypt|sapy", {"africa": 100.0}),
    (r"israel|saudi|qatar|uae|middle east|gulf", {"middle_east": 100.0}),
    (r"canad", {"north_america": 100.0}),
    (r"euro|stoxx|\bemu\b|germany|\bdax\b|france|cac|italy|spain|ibex|netherlands|aex|belgium|switzerland|swtzl|\bsmi\b|austria|\batx\b|ireland|portugal|greece|poland|russia|turkey|sweden|omx|norway|denmark|finland|helsinki|united kingdom|\buk\b|ftse 100|ftse 250", {"europe": 100.0}),
    (r"developed|eafe|international|intl", {"europe": 60.0, "asia": 35.0, "oceania": 5.0}),
    (r"world|global|acwi|worldwide|all country|all-world|glbl|wld", {"north_america": 60.0, "europe": 20.0, "asia": 18.0, "oceania": 2.0}),
)  # fmt: skip

MIXES: Final[tuple[tuple[str, Mix], ...]] = (
    (r"nasdaq.?100|qqq|nasdaq nextg|next generation", {"technology": 50.0, "communication": 17.0, "consumer_discretionary": 15.0, "healthcare": 8.0, "consumer_staples": 5.0, "industrials": 3.0, "utilities": 2.0}),
    (r"china|hong kong|csi|golden dragon", {"financials": 22.0, "consumer_discretionary": 20.0, "communication": 16.0, "technology": 12.0, "industrials": 8.0, "healthcare": 7.0, "consumer_staples": 6.0, "real_estate": 4.0, "materials": 3.0, "utilities": 1.0, "energy": 1.0}),
    (r"korea|kodex|taiwan|samsung", {"technology": 45.0, "financials": 14.0, "consumer_discretionary": 10.0, "industrials": 9.0, "materials": 8.0, "communication": 7.0, "consumer_staples": 4.0, "healthcare": 3.0}),
    (r"india|nifty", {"financials": 24.0, "technology": 17.0, "energy": 13.0, "consumer_staples": 11.0, "materials": 9.0, "healthcare": 7.0, "consumer_discretionary": 9.0, "industrials": 5.0, "communication": 3.0, "utilities": 2.0}),
    (r"japan|topix|nikkei|jpx|jpn|tokai", {"industrials": 22.0, "consumer_discretionary": 19.0, "technology": 15.0, "financials": 12.0, "healthcare": 9.0, "communication": 7.0, "consumer_staples": 8.0, "materials": 5.0, "real_estate": 2.0, "utilities": 1.0}),
    (r"canada", {"financials": 36.0, "energy": 15.0, "materials": 14.0, "industrials": 12.0, "technology": 9.0, "consumer_staples": 5.0, "communication": 4.0, "consumer_discretionary": 3.0, "utilities": 2.0}),
    (r"australia", {"financials": 30.0, "materials": 19.0, "healthcare": 13.0, "consumer_staples": 7.0, "consumer_discretionary": 7.0, "real_estate": 7.0, "industrials": 7.0, "energy": 4.0, "technology": 3.0, "communication": 2.0, "utilities": 1.0}),
    (r"brazil|latin|chile|peru|colombia|mexico", {"financials": 27.0, "materials": 22.0, "consumer_staples": 16.0, "energy": 10.0, "industrials": 7.0, "communication": 7.0, "utilities": 6.0, "consumer_discretionary": 4.0, "real_estate": 1.0}),
    (r"russia", {"energy": 45.0, "materials": 23.0, "financials": 20.0, "communication": 7.0, "consumer_staples": 5.0}),
    (r"africa|satrix|stanlib|newfunds|nigeria", {"financials": 25.0, "materials": 27.0, "communication": 20.0, "consumer_discretionary": 12.0, "consumer_staples": 8.0, "real_estate": 4.0, "healthcare": 2.0, "industrials": 2.0}),
    (r"thai|\bset\d*\b|malaysia|indonesia|southeast|singapore|philippin|vietnam|qatar|saudi|uae|gulf|frontier", {"financials": 38.0, "real_estate": 10.0, "communication": 10.0, "industrials": 10.0, "consumer_staples": 10.0, "energy": 8.0, "materials": 6.0, "utilities": 5.0, "healthcare": 3.0}),
    (r"united kingdom|\buk\b|ftse 100", {"financials": 19.0, "consumer_staples": 19.0, "industrials": 12.0, "healthcare": 12.0, "materials": 10.0, "energy": 10.0, "consumer_discretionary": 7.0, "communication": 6.0, "utilities": 4.0, "technology": 1.0}),
    (r"switzerland|swtzl", {"healthcare": 34.0, "consumer_staples": 22.0, "financials": 18.0, "industrials": 11.0, "materials": 8.0, "consumer_discretionary": 4.0, "communication": 1.0, "technology": 2.0}),
    (r"emerging|\bem\b|bric|bick|asia", {"technology": 20.0, "financials": 21.0, "consumer_discretionary": 16.0, "communication": 12.0, "materials": 8.0, "consumer_staples": 6.0, "energy": 6.0, "industrials": 5.0, "healthcare": 3.0, "utilities": 2.0, "real_estate": 1.0}),
    (r"euro|stoxx|\bemu\b|germany|france|italy|spain|netherlands|belgium|austria|ireland|omx|sweden", {"financials": 17.0, "industrials": 16.0, "consumer_discretionary": 12.0, "technology": 10.0, "healthcare": 12.0, "consumer_staples": 11.0, "materials": 8.0, "utilities": 6.0, "communication": 5.0, "energy": 2.0, "real_estate": 1.0}),
    (r"ex.?u\.?s|developed|eafe|international|intl", {"financials": 17.0, "industrials": 15.0, "healthcare": 12.0, "consumer_discretionary": 11.0, "consumer_staples": 11.0, "technology": 9.0, "materials": 8.0, "communication": 6.0, "utilities": 4.0, "energy": 4.0, "real_estate": 3.0}),
    (r"world|global|acwi|worldwide|all country|all-world|glbl|wld|kokusai", {"technology": 20.0, "financials": 15.0, "healthcare": 13.0, "consumer_discretionary": 12.0, "industrials": 10.0, "communication": 9.0, "consumer_staples": 8.0, "materials": 5.0, "energy": 3.0, "utilities": 3.0, "real_estate": 2.0}),
    (r"(?:small|mid|micro|russell 2000|s&p [46]00|sp[46]00).*growth|growth.*(?:small|mid|micro)", {"healthcare": 27.0, "technology": 24.0, "industrials": 15.0, "consumer_discretionary": 13.0, "financials": 7.0, "consumer_staples": 4.0, "materials": 4.0, "real_estate": 3.0, "communication": 3.0}),
    (r"small|micro|russell 2000|s&p 600|mid.?cap|mid cap|s&p 400|russell mid|extended market", {"industrials": 18.0, "financials": 17.0, "healthcare": 15.0, "technology": 14.0, "consumer_discretionary": 13.0, "real_estate": 8.0, "materials": 5.0, "energy": 3.0, "consumer_staples": 3.0, "utilities": 2.0, "communication": 2.0}),
    (r"growth|momentum|ipox|entrepreneur|motley|ibd 50", {"technology": 36.0, "consumer_discretionary": 16.0, "healthcare": 15.0, "communication": 13.0, "industrials": 7.0, "financials": 5.0, "consumer_staples": 4.0, "real_estate": 2.0, "materials": 2.0}),
    (r"dividend|income|yield|value|aristocrat|low vol|min vol|shareholder", {"financials": 18.0, "healthcare": 15.0, "consumer_staples": 13.0, "industrials": 12.0, "technology": 12.0, "utilities": 8.0, "consumer_discretionary": 8.0, "energy": 5.0, "communication": 5.0, "materials": 2.0, "real_estate": 2.0}),
    (r"", {"technology": 26.0, "healthcare": 14.0, "financials": 13.0, "consumer_discretionary": 12.0, "communication": 10.0, "industrials": 9.0, "consumer_staples": 7.0, "utilities": 3.0, "energy": 2.0, "real_estate": 2.0, "materials": 2.0}),
)  # fmt: skip
"""The first pattern found in a broad fund's name gives its typical sector weights; the last stands for large US stocks."""
