"""Agents of every form, for planting defects in."""

import itertools

from harness.adapters import AgentReply
from harness.llm import ModelReply, ModelRequest
from harness.llm.request import Message


class World:
    def __init__(self, spec):
        self.cash = float(spec.get("cash", 100))

    def artifacts(self):
        return {"ledger": {"cash": self.cash}}

    def close(self):
        pass


def open_world(spec, *, as_of, seed, root):
    return World(spec)


def policy(request, *, seed, noise):
    return ModelReply(f"{request.system} says {request.messages[-1].text}", stop_reason="end")


def rounded(amount):
    return f"{amount:,.2f}"


async def adviser(request, context):
    balance = context.tool(lookup)(request.input)
    details = await context.tool(fetch)("details")
    asked = ModelRequest(messages=(Message("user", f"balance {rounded(balance + context.world.cash)}"),), system="Bank")
    reply = await context.model.complete(asked)
    text = f"{reply.text} {context.settings['currency']} {details}"
    return AgentReply(text, {"balance": balance, "input": request.input})


def lookup(account):
    return 1000.0


async def fetch(what):
    return f"({what})"


def streamer(request, context):
    for piece in ("one ", "two ", "three"):
        yield "text_delta", {"text": piece}


class Session:
    def start(self, request, context):
        self.turns = 0

    def step(self, request):
        self.turns += 1
        return f"turn {self.turns}: {request.input}"


COUNT = itertools.count()


def unsteady(request):
    return f"{next(COUNT)} dollars"


class Ledger:
    LIMIT = 10

    def total(self, amounts):
        return sum(amounts)

    @property
    def name(self):
        return "books"

    @staticmethod
    def unit():
        return "USD"


def strict(request):
    ledger = Ledger()
    return f"{ledger.name}: {ledger.total([1, 2, 3])} {ledger.unit()}"
