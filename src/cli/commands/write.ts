import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { HearthError } from "../../errors.ts";
import { bodyOfInput } from "../input/body-of-input.ts";
import { createProgress } from "../output/progress.ts";
import { printData, say } from "../print.ts";
import { parsePairs } from "../query/parse-pairs.ts";
import { isTerminal } from "../terminal.ts";

export default defineCommand({
  description: "Write what comes in by a pipe, or from a file, to a file of another format",
  examples: [
    "cat big.csv | hearth write big.parquet",
    "hearth write out.csv --input data.parquet",
    "psql -c '\\copy t to stdout csv header' | hearth write t.parquet --from-format csv",
  ],
  args: {
    out: {
      type: "positional",
      required: true,
      description: "File to write, whole or not at all",
      valueHint: "FILE",
    },
    input: {
      type: "string",
      alias: "i",
      valueHint: "FILE",
      description: "Read this instead of standard input",
    },
    "from-format": {
      type: "string",
      valueHint: "FORMAT",
      description: "Format of the input; default: what its first bytes tell",
    },
    type: {
      type: "string",
      alias: "t",
      valueHint: "TYPE",
      description: "Type to write, where the name doesn't tell",
    },
    option: {
      type: "string",
      valueHint: "KEY=VALUE",
      multiple: true,
      description: "Parameter of the written type, such as delimiter=;",
    },
    ...clientArgs,
  },
  async run(args) {
    if (args.out === "-") {
      throw new HearthError("usage", "`hearth write` writes a file", {
        hint: "To standard output: hearth read FILE --format FORMAT.",
      });
    }
    const input = args.input ?? "-";
    if (input === "-" && (await isTerminal(0))) {
      throw new HearthError("usage", "There is nothing to write", {
        hint: "Pipe data in, or name a file with --input.",
      });
    }
    const client = await connect(args);
    await client.ping(); // before the pipe is touched, which can be read only once
    const progress = await createProgress(`Writing ${args.out}`, args.quiet === true);
    try {
      const body = await bodyOfInput(input, {
        type: args["from-format"],
        parameters: {},
        onBytes: progress.add,
      });
      const type = args.type === undefined ? {} : { type: args.type };
      const output = { ...parsePairs("option", args.option), ...type, filename: args.out };
      const { rows, bytes, warnings } = await client.write(body, output);
      progress.end();
      if (args.json === true)
        return printData(`${JSON.stringify({ output: args.out, rows, bytes, warnings })}\n`);
      if (args.quiet === true) return;
      for (const warning of warnings ?? []) say(`warning: ${warning}`);
      say(`Wrote ${rowCount(rows)} to ${args.out}`);
    } finally {
      progress.end();
    }
  },
});

function rowCount(rows: number): string {
  return `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}`;
}
