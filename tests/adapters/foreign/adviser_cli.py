"""The small agent of the conformance suite as a program: reads a request as JSON, prints JSON lines or one document."""

import json
import sys
import time

request = json.load(sys.stdin)
said, style = request["input"], sys.argv[1]
document = {"usage": {"input_tokens": 120, "output_tokens": 18, "model": "demo"}, "tool_calls": []}


def line(**event):
    if style == "events":
        print(json.dumps(event), flush=True)


if said == "price VTI":
    line(type="tool_call", tool_call={"id": "c1", "name": "get_price", "arguments": {"symbol": "VTI"}})
    line(type="tool_result", tool_result={"id": "c1", "content": {"price": 250.1}})
    document["tool_calls"].append({"name": "get_price", "arguments": '{"symbol": "VTI"}', "result": {"price": 250.1}})
    document["answer"] = "VTI costs $250.10."
elif said == "which?":
    document["answer"] = f"You asked for {request['history'][0]['content'].split()[1]}."
elif said == "allocation":
    document["structured"] = {"VTI": 60, "BND": 40}
    line(type="text_done", text="60/40", structured=document["structured"])
elif said.startswith("echo "):
    document["answer"] = said[5:]
elif said == "fail":
    sys.exit("no such account")
elif said == "hang":
    time.sleep(3600)
if "answer" in document:
    for word in document["answer"].split(" "):
        line(type="text_delta", text=f"{word} ")
    line(type="text_done", text=document["answer"])
line(type="done", usage=document["usage"])
if style == "json":
    print("thinking aloud", file=sys.stderr)
    print(json.dumps(document))
