import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { outputArgs } from "../output-args.ts";
import { chooseFormat } from "../output/choose-format.ts";
import { emitTable } from "../output/emit-table.ts";
import { parseCount, parseList, parsePairs, parseSources } from "../query/parse-pairs.ts";
import { queryOf, readTable, type ReadQuestion } from "../query/read-table.ts";
import { isTerminal } from "../terminal.ts";

export default defineCommand({
  description: "Read a file, a pipe or the result of a query over them",
  examples: [
    "hearth read cities.csv",
    'hearth read s.parquet --sql "select city, avg(x) from data group by city" -o out.csv',
    'hearth read cities.csv --where "population > 1e6" --sort -population --limit 10',
    "curl -s https://example.org/data.csv | hearth read - --format ndjson",
    'hearth read orders.csv --source people=people.csv --sql "select * from data join people using (id)"',
  ],
  args: {
    file: {
      type: "positional",
      description: "File to read; - is standard input",
      required: true,
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
    sql: { type: "string", valueHint: "QUERY", description: "Query over the table `data`" },
    source: {
      type: "string",
      valueHint: "NAME=FILE",
      multiple: true,
      description: "Further table for --sql",
    },
    select: { type: "string", valueHint: "COLUMNS", description: "Only these columns: a,b" },
    where: { type: "string", valueHint: "CONDITION", description: "Only rows for which this SQL holds" },
    sort: { type: "string", valueHint: "COLUMNS", description: "Order by these; -name from high to low" },
    ...outputArgs,
    ...clientArgs,
  },
  async run(args) {
    const format = chooseFormat(args, await isTerminal(1));
    const limit = parseCount("limit", args.limit);
    const question: ReadQuestion = {
      file: args.file,
      type: args.type,
      parameters: parsePairs("option", args.option),
      sources: parseSources(args.source, args.file),
      flags: { sql: args.sql, select: parseList(args.select), where: args.where, sort: parseList(args.sort) },
      format,
      limit,
    };
    const query = queryOf(question);
    const output = args.output === "-" ? undefined : args.output;
    const { all = false, quiet = false } = args;
    try {
      const { stream, columns } = await readTable(await connect(args), question, query);
      await emitTable(stream, { format, output, limit, all, quiet, columns });
    } catch (error) {
      if (query === undefined) throw error;
      throw (await import("../query/flag-words.ts")).inFlags(error, query);
    }
  },
});
