import { DuckDBInstance } from "@duckdb/node-api";

/** The same four rows in every format, as bytes of a file: texts beyond ASCII, an integer beyond 2^53, gaps. */
export const CSV =
  'id,name,score,ok\n9007199254740993,Zoë,1.5,true\n2,"a,""b""",,false\n3,日本,-0.25,true\n4,,1e3,false\n';
export const TSV =
  'id\tname\tscore\tok\n9007199254740993\tZoë\t1.5\ttrue\n2\t"a,""b"""\t\tfalse\n3\t日本\t-0.25\ttrue\n4\t\t1e3\tfalse\n';

const RECORDS = [
  '{"id":9007199254740993,"name":"Zoë","score":1.5,"ok":true}',
  '{"id":2,"name":"a,\\"b\\"","score":null,"ok":false}',
  '{"id":3,"name":"日本","score":-0.25,"ok":true}',
  '{"id":4,"name":null,"score":1e3,"ok":false}',
];
export const JSON_TEXT = `[${RECORDS.join(",\n ")}]`;
export const NDJSON = `${RECORDS.join("\n")}\n`;

/** How hearth answers these rows, byte for byte, whatever they were read from. */
export const ANSWER =
  '{"status":"success","data":{"records":[' +
  '{"id":9007199254740993,"name":"Zoë","score":1.5,"ok":true},' +
  '{"id":2,"name":"a,\\"b\\"","score":null,"ok":false},' +
  '{"id":3,"name":"日本","score":-0.25,"ok":true},' +
  '{"id":4,"name":null,"score":1000.0,"ok":false}],' +
  '"columns":["id","name","score","ok"],"shape":[4,4],' +
  '"dtypes":{"id":"int64","name":"object","score":"float64","ok":"bool"}}}';

/** Writes the rows as Parquet into `path`, by the engine itself. */
export async function writeParquet(path: string): Promise<void> {
  const values = [
    "(9007199254740993::BIGINT, 'Zoë', 1.5::DOUBLE, true)",
    `(2, 'a,"b"', NULL, false)`,
    "(3, '日本', -0.25, true)",
    "(4, NULL, 1000.0, false)",
  ];
  await inEngine((run) =>
    run(
      `COPY (SELECT * FROM (VALUES ${values.join(", ")}) t(id, name, score, ok)) TO '${path}' (FORMAT parquet)`,
    ),
  );
}

/** Reads a Parquet file by the engine itself: every row as JSON text. */
export async function readParquet(path: string): Promise<string[]> {
  return inEngine((run) => run(`SELECT to_json(t)::VARCHAR FROM read_parquet('${path}') t`));
}

/** Runs queries in a database of the test's own; each gives the first column as texts. */
async function inEngine<T>(use: (run: (sql: string) => Promise<string[]>) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    return await use(async (sql) =>
      (await connection.runAndReadAll(sql)).getRows().map(([cell]) => String(cell)),
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Many rows as ndjson, about 100 bytes each. */
export function manyRows(count: number): string {
  const filler = "x".repeat(60);
  const lines: string[] = [];
  for (let i = 0; i < count; i++) lines.push(`{"id":${i},"group":"g${i % 10}","text":"${filler}"}`);
  return `${lines.join("\n")}\n`;
}
