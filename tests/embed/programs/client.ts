// The client library in a script: the server starts itself, and every answer and error has its type.
import { createClient, HearthError } from "../../../src/client/index.ts";
import { print } from "./support.ts";

const starting: number[] = [];
const hearth = createClient({ onStarting: (seconds) => starting.push(seconds) });
const never = createClient({ autoStart: false, stateDir: "nowhere" });

const notStarted = await never.ping().catch(codeOf);
const eight = await Promise.all(Array.from({ length: 8 }, () => hearth.status()));
const read = await hearth.read<{ x: number }>("a.csv");
const written = await hearth.write([{ id: 9007199254740993n, name: "é" }], "out.parquet");
const back = await hearth.read<{ id: bigint }>("out.parquet");
const streamed = await hearth.write({ type: "csv", body: "p,q\n1,2\n" }, "sub.json");
const total = await hearth.compute("sql", {
  source: "a.csv",
  sources: { other: "right/a.csv" },
  params: { query: "select (select sum(x) from data) + (select sum(x) from other) as total" },
});
const csv = new TextDecoder().decode(await hearth.readBytes("a.csv", "csv"));

const missing = await hearth.read("none.csv").catch((error: unknown) => error);
const aborted = await hearth.read("a.csv", { signal: AbortSignal.abort() }).catch(codeOf);
const leaving = new AbortController();
setTimeout(() => leaving.abort(), 300);
const slow = "select count(*) as n from range(100000000) a, range(100000) b"; // would never end
const cancelled = await hearth
  .compute("sql", { records: [{ x: 1 }], params: { query: slow }, signal: leaving.signal })
  .catch(codeOf);
const limited = await hearth
  .compute("sql", { records: [{ x: 1 }], params: { query: slow }, timeoutSeconds: 0.3 })
  .catch(codeOf);

print({
  notStarted,
  servers: new Set(eight.map(({ pid }) => pid)).size,
  isOwn: eight[0]?.pid !== process.pid,
  isTold: starting.every((seconds) => seconds < 30),
  x: read.records.map(({ x }) => x),
  dtypes: read.dtypes,
  written: written.message,
  id: String(back.records[0]?.id),
  rows: streamed.rows,
  total: total.records,
  csv,
  missing: missing instanceof HearthError && {
    code: missing.code,
    status: missing.status,
    hasHint: typeof missing.hint,
    hasId: typeof missing.requestId,
  },
  aborted,
  cancelled,
  limited,
  isAlive: (await hearth.ping()).message,
});

function codeOf(error: unknown): string {
  return error instanceof HearthError ? error.code : String(error);
}
