import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { outputArgs } from "../output-args.ts";
import { HearthError } from "../../errors.ts";
import { chooseFormat, type OutputFormat } from "../output/choose-format.ts";
import { emitTable, wireFormat } from "../output/emit-table.ts";
import { buildParams } from "../query/build-params.ts";
import { parseCount, parsePairs, parseSources } from "../query/parse-pairs.ts";
import { namedSource, namesOf } from "../query/read-table.ts";
import { isTerminal } from "../terminal.ts";

export default defineCommand({
  description: "Run an operation over a file: sql, filter, sort, select, add, aggregate, join, describe, ...",
  examples: [
    "hearth compute describe cities.csv",
    'hearth compute filter cities.csv --where "population > 1e6"',
    "hearth compute aggregate sales.csv --by region --measure total=sum(amount) --measure n=count(*)",
    "hearth compute join orders.csv --source people=people.csv --with people --on id --how left",
    'hearth compute sort cities.csv --params \'{"by": ["population"], "descending": true}\'',
    "hearth compute list",
    "hearth compute explain aggregate",
  ],
  args: {
    operation: {
      type: "positional",
      required: true,
      description: "Name of the operation; or: list, which shows all, or explain, with one's name",
    },
    file: {
      type: "positional",
      description: "File that it works on; - is standard input. For explain: the operation",
      valueHint: "FILE",
    },
    type: {
      type: "string",
      alias: "t",
      valueHint: "TYPE",
      description: "Type of the file, where its name doesn't tell",
    },
    option: {
      type: "string",
      valueHint: "KEY=VALUE",
      multiple: true,
      description: "Parameter of that type, such as delimiter=;",
    },
    source: { type: "string", valueHint: "NAME=FILE", multiple: true, description: "Further table" },
    params: { type: "string", valueHint: "JSON", description: "The operation's parameters as a JSON object" },
    param: {
      type: "string",
      valueHint: "KEY=VALUE",
      multiple: true,
      description: "One parameter; JSON or text",
    },
    query: { type: "string", valueHint: "SQL", description: "sql: the query" },
    where: { type: "string", valueHint: "CONDITION", description: "filter: rows for which this SQL holds" },
    by: { type: "string", valueHint: "COLUMNS", description: "sort, aggregate: by these columns" },
    descending: { type: "boolean", description: "sort: from high to low" },
    columns: { type: "string", valueHint: "COLUMNS", description: "select: these columns" },
    column: {
      type: "string",
      valueHint: "NAME=SQL",
      multiple: true,
      description: "add: a column and its expression",
    },
    measure: {
      type: "string",
      valueHint: "NAME=SQL",
      multiple: true,
      description: "aggregate: a measure and its expression",
    },
    with: { type: "string", valueHint: "NAME", description: "join: the other table, a --source" },
    on: { type: "string", valueHint: "COLUMNS", description: "join: the columns that must be equal" },
    how: { type: "string", valueHint: "KIND", description: "join: inner, left, right, outer, ..." },
    ...outputArgs,
    ...clientArgs,
  },
  async run(args) {
    if (args.operation === "list") {
      const { listOperations } = await import("../query/list-operations.ts");
      return await listOperations(await connect(args), args);
    }
    if (args.operation === "explain") {
      const { explainOperation } = await import("../query/explain-operation.ts");
      return await explainOperation(await connect(args), args.file, args.json === true);
    }
    const format = chooseFormat(args, await isTerminal(1));
    const limit = parseCount("limit", args.limit);
    refuseLimit(format, limit);
    const params = buildParams(args);
    const sources = parseSources(args.source, args.file);
    const { file, type } = args;
    const parameters = parsePairs("option", args.option);
    const client = await connect(args);
    const input = {
      ...(file === undefined ? {} : { source: await namedSource({ file, type, parameters }) }),
      ...(args.source.length === 0 ? {} : { sources: autoSources(sources) }),
      ...(params === undefined ? {} : { params }),
    };
    const columns = async () => namesOf(await client.compute(args.operation, input));
    const output = args.output === "-" ? undefined : args.output;
    const { all = false, quiet = false } = args;
    try {
      const stream = await client.computeStream(args.operation, wireFormat(format), input);
      await emitTable(stream, { format, output, limit, all, quiet, columns });
    } catch (error) {
      throw (await import("../query/flag-words.ts")).inParamFlags(error, args);
    }
  },
});

function autoSources(files: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(files).map(([name, filename]) => [name, { type: "auto", filename }] as const),
  );
}

/** Only lines can be cut off from outside; a CSV's cells may hold line ends. */
function refuseLimit(format: OutputFormat, limit: number | undefined): void {
  if (limit === undefined || wireFormat(format) === "ndjson") return;
  throw new HearthError("usage", `--limit works with table, json and ndjson, not with ${format}`, {
    hint: "Run `hearth compute sql` with a limit in the query.",
  });
}
