import { HearthError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { printData, say } from "../print.ts";

export default defineCommand({
  description: "Print a field of a talk's front matter or its configs, as lamd's mdfield does",
  examples: [
    "hearth field title talk.md",
    "hearth field batch talk.md --fields title author date",
    "hearth field venue talk.md --config-file _lamd.yml --config-file _config.yml",
  ],
  args: {
    words: {
      type: "positional",
      required: true,
      multiple: true,
      description: "The field and the file; or: batch, the file, and --fields",
    },
    fields: {
      type: "string",
      valueHint: "NAMES",
      multiple: true,
      description: "batch: the fields, several words or with commas between",
    },
    "config-file": {
      type: "string",
      valueHint: "FILE",
      multiple: true,
      description: "Interface that has what the front matter has not; default: _lamd.yml, _config.yml",
    },
    "first-config": {
      type: "boolean",
      description: "Look only into the first config that exists, as mdfield does",
    },
    "use-server": { type: "boolean", description: "As mdfield takes it; does nothing, hearth is a server" },
    "no-server": { type: "boolean", description: "As mdfield takes it; does nothing" },
    ...clientArgs,
  },
  async run(args) {
    const { fields, file, isBatch } = wanted(args.words, args.fields);
    const client = await connect(args);
    const configs = args["config-file"];
    const { values, warnings = [] } = await client.fields(file, fields, {
      ...(configs.length === 0 ? {} : { configFiles: configs }),
      firstConfig: args["first-config"] === true,
      spelling: args.json === true ? "json" : "python",
    });
    if (args.quiet !== true) for (const warning of warnings) say(`warning: ${warning}`);
    if (args.json === true)
      return printData(`${JSON.stringify(isBatch ? values : (values[fields[0] ?? ""] ?? null))}\n`);
    const lines = fields.map((field) => `${isBatch ? `${field}:` : ""}${String(values[field] ?? "")}\n`);
    printData(lines.join(""));
  },
});

interface Wanted {
  readonly fields: readonly string[];
  readonly file: string;
  readonly isBatch: boolean;
}

/** `NAME FILE`, or `batch FILE --fields A B C`: what follows the file are further fields, as mdfield takes them. */
function wanted(words: readonly string[], named: readonly string[]): Wanted {
  const [first = "", file, ...more] = words;
  const isBatch = first === "batch" && named.length > 0;
  if (file === undefined) throw new HearthError("usage", "FILE is missing: the text with the front matter");
  if (!isBatch && more.length > 0) throw new HearthError("usage", `Unexpected argument "${more[0]}"`);
  if (!isBatch && named.length > 0) {
    throw new HearthError("usage", "--fields goes with batch", {
      hint: "hearth field batch FILE --fields A B",
    });
  }
  const fields = isBatch ? [...named, ...more].flatMap((names) => names.split(",")) : [first];
  return { fields: fields.filter((field) => field !== ""), file, isBatch };
}
