import { modelPath } from "../../client/models.ts";
import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { modelArg } from "../models/model-text.ts";
import { sseData } from "../../client/sse-data.ts";
import { printData } from "../print.ts";
import { shown } from "../shown.ts";
import { isTerminal } from "../terminal.ts";
import { parseCount } from "../query/parse-pairs.ts";

/** Lines shown when nobody says how many. */
const USUAL_LINES = 50;

export default defineCommand({
  description: "Show what a model's server printed",
  examples: ["hearth models logs qwen", "hearth models logs qwen -f", "hearth models logs qwen -n 200"],
  args: {
    model: modelArg,
    follow: { type: "boolean", alias: "f", description: "Go on with what it prints from now on" },
    lines: { type: "string", alias: "n", valueHint: "N", description: "The last N lines; default 50" },
    ...clientArgs,
  },
  async run(args) {
    const count = parseCount("lines", args.lines) ?? USUAL_LINES;
    const client = await connect(args);
    const path = `/api/models/logs/${modelPath(args.model)}?lines=${count}`;
    const isSeen = await isTerminal(1);
    const show = (line: string) =>
      printData(args.json === true ? `${JSON.stringify({ line })}\n` : `${isSeen ? shown(line) : line}\n`);
    if (args.follow !== true) {
      const { lines } = await client.json<{ lines: readonly string[] }>({ method: "GET", path });
      for (const line of lines) show(line);
      return;
    }
    // Looking on is no use: it keeps no server here.
    const headers = { accept: "text/event-stream", "x-hearth-watch": "1" };
    const stream = await client.stream({ method: "GET", path, headers });
    for await (const data of sseData(stream)) {
      const line: unknown = JSON.parse(data);
      if (typeof line === "string") show(line);
    }
  },
});
