"""An agent that answers questions about one portfolio: replace it by your own.

An agent is any function of (request, context). Here it is plain code, so that the first run needs no key; with a model
configured, `context.model` is there, and everything else stays the same.
"""

from decimal import Decimal

HOLDINGS = {"VTI": Decimal(40), "BND": Decimal(120)}
PRICES = {"VTI": Decimal("250.10"), "BND": Decimal("72.45")}
CASH = Decimal("1500.00")
LAST_YEAR = Decimal("18650.00")


def get_portfolio() -> dict[str, object]:
    """The tool: positions with their value today."""
    positions = {
        symbol: {"quantity": float(quantity), "price": float(PRICES[symbol]), "value": float(quantity * PRICES[symbol])}
        for symbol, quantity in HOLDINGS.items()
    }
    total = sum((quantity * PRICES[symbol] for symbol, quantity in HOLDINGS.items()), CASH)
    return {
        "as_of": "2026-11-20",
        "currency": "USD",
        "positions": positions,
        "cash": float(CASH),
        "total": float(total),
    }


async def advisor(request, context):
    """Answer one question from the tool's figures."""
    portfolio = context.tool(get_portfolio)()
    total, cash = Decimal(str(portfolio["total"])), Decimal(str(portfolio["cash"]))
    question = str(request.input).lower()
    if "cash" in question:
        return f"Cash is ${cash:,.2f}, which is {cash / total:.1%} of your portfolio of ${total:,.2f}."
    if "gain" in question:
        # A defect on purpose: the gain is divided by today's value, not by what it grew from.
        gain = total - LAST_YEAR
        return f"Your portfolio gained ${gain:,.2f} in a year, a return of {gain / total:.2%}."
    return f"Your portfolio is worth ${total:,.2f} as of {portfolio['as_of']}."
