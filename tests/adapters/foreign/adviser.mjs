// The small agent of the conformance suite in Node: an HTTP server that answers with server-sent events.
import { createServer } from "node:http";

const talks = new Map();

async function answer(request, response) {
  let text = "";
  for await (const piece of request) text += piece;
  const { input, session_id } = JSON.parse(text);
  if (input === "fail") return response.writeHead(500).end("no such account");
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const send = (event) => response.write(`data: ${JSON.stringify(event)}\n\n`);
  const say = (whole) => {
    for (const word of whole.split(/(?<= )/)) send({ type: "text_delta", text: word });
    send({ type: "text_done", text: whole });
  };
  if (input === "hang") return;
  if (input === "price VTI") {
    talks.set(session_id, "VTI");
    send({ type: "tool_call", tool_call: { id: "1", name: "get_price", arguments: { symbol: "VTI" } } });
    send({ type: "tool_result", tool_result: { id: "1", content: { price: 250.1 } } });
    say("VTI costs $250.10.");
  } else if (input === "which?") say(`You asked for ${talks.get(session_id)}.`);
  else if (input === "allocation") send({ type: "text_done", text: "60/40", structured: { VTI: 60, BND: 40 } });
  else if (input.startsWith("echo ")) say(input.slice(5));
  send({ type: "done", usage: { input_tokens: 120, output_tokens: 18 } });
  response.end();
}

const server = createServer(answer).listen(0, "127.0.0.1", () => console.log(server.address().port));
