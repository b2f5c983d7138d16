// Copied into a folder where the package is installed, and run and compiled there.
import { createHearth, HearthError, VERSION, type HearthApp } from "hearthd";
import { createClient, HearthError as ClientError, type TableAnswer } from "hearthd/client";
import { hc } from "hono/client";

const hearth = createHearth({ roots: ["."] });
const server = await hearth.serve();
const client = createClient({ url: server.url });
const table: TableAnswer<{ x: number }> = await client.read<{ x: number }>("a.csv");
const query = "select sum(x) as total from data";
const { records } = await client.compute("sql", { source: "a.csv", params: { query } });
const typed = hc<HearthApp>(server.url ?? "");
const message: "pong" = (await (await typed.api.ping.$get()).json()).message;
const error: unknown = await client.read("../secret.csv").catch((thrown: unknown) => thrown);
const code = error instanceof ClientError ? error.code : undefined;
await hearth.close();
console.log(
  JSON.stringify({ VERSION, shape: table.shape, records, message, code, isOne: HearthError === ClientError }),
);
