import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { memoryText, timeText } from "../models/model-text.ts";
import { outputArgs } from "../output-args.ts";
import { chooseFormat } from "../output/choose-format.ts";
import { emitTable } from "../output/emit-table.ts";
import { parseCount } from "../query/parse-pairs.ts";
import { isTerminal } from "../terminal.ts";
import { say } from "../print.ts";

export default defineCommand({
  description: "List the models of the config, and how they stand; none is started",
  examples: ["hearth models list", "hearth models list --json"],
  args: { ...outputArgs, ...clientArgs },
  async run(args) {
    const format = chooseFormat(args, await isTerminal(1));
    const models = await (await connect(args)).models();
    const { all = false, quiet = false } = args;
    if (models.length === 0 && !quiet) say("The config names no models; docs/models.md shows how");
    const rows = models.map((model) =>
      format === "table"
        ? {
            model: model.id,
            state: model.state,
            memory: memoryText(model.memoryBytes),
            running: model.inFlight,
            waiting: model.queued,
            "last used": model.lastUsed === null ? "" : `${timeText(Date.now() / 1000 - model.lastUsed)} ago`,
            "goes in": model.ttlLeftSeconds === null ? "" : timeText(model.ttlLeftSeconds),
            starts: model.starts,
            "load time": model.loadMs === null ? "" : timeText(model.loadMs / 1000),
          }
        : model,
    );
    const stream =
      new Response(rows.map((row) => `${JSON.stringify(row)}\n`).join("")).body ?? new ReadableStream();
    const output = args.output === "-" ? undefined : args.output;
    await emitTable(stream, { format, output, limit: parseCount("limit", args.limit), all, quiet });
  },
});
