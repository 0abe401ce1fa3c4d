"""An agent that finds its worker's socket and says there what was never so."""

import asyncio
import os
import stat

LIES = {
    "numbers": b'["end", %d, "completed", null, NaN, "", [[1e999, "text_done", {"text": "yes"}]]]\n',
    "types": b'["end", %d, "completed", {"a": 1}, "soon", {"out": []}, [["x", "text_done", {"text": "yes"}]]]\n',
    "garbage": b"\x00\xff{[%d not json at all\n",
    "half a line": b'["end", %d, "comp',
    "nobody's end": b'["end", %d99999, "completed", null, 0.1, "", []]\n',
}


async def agent(request, context):
    await asyncio.sleep(0.3)
    lie = LIES.get(request.input)
    if lie is None:
        return "honest"
    number = context_number()
    for descriptor in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.write(descriptor, lie % number)
        except OSError:
            continue
    if request.input == "half a line":
        os._exit(3)
    return "honest"


def context_number():
    from harness.engine.trial import number_here

    return number_here.get()
