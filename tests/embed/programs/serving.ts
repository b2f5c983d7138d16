// A listener of its own: Host is checked there; nothing listens beyond this machine unguarded; close ends everything.
import { existsSync, readdirSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { createHearth } from "../../../src/index.ts";
import { json, print } from "./support.ts";

const unguarded = createHearth({ roots: ["."] });
const exposed = await unguarded.serve({ host: "0.0.0.0" }).catch((error: { code: string }) => error.code);
await unguarded.close();

const hearth = createHearth({ roots: ["."], authorize: slowly });
const server = await hearth.serve();
const second = await hearth.serve({ socket: "hearth.sock" });
const url = server.url ?? "";
const port = Number(new URL(url).port);

const taken = await hearth.serve({ port }).catch((error: { code: string }) => error.code);
const query = {
  operation: "sql",
  data: [{ x: 1 }, { x: 2 }],
  params: { query: "select sum(x) s from data" },
};
const computed = await fetch(`${url}/api/compute`, json(query));
const { result } = (await computed.json()) as { result: { records: unknown } };
const rebinding = await statusFor({ port, path: "/api/ping", headers: { host: "evil.example" } });
const bySocket = await statusFor({ socketPath: "hearth.sock", path: "/api/ping" });
await second.close();
const isSocketLeft = existsSync("hearth.sock");
const stillThere = (await fetch(`${url}/api/ping`)).status;

// A request that runs while the hearth closes is answered; one that comes then is not taken.
const running = statusFor({ port, path: "/api/operations", headers: { "x-slow": "1" } });
await new Promise((resolve) => setTimeout(resolve, 150));
const closing = hearth.close();
const during = await hearth.app.request("/api/ping");
const ended = await running;
await closing;
process.on("exit", () => {
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith("hearth-"));
  print({
    exposed,
    taken,
    records: result.records,
    rebinding,
    bySocket,
    isSocketLeft,
    stillThere,
    during: during.status,
    ended,
    left,
  });
});
const again = await hearth.serve().catch((error: { code: string }) => error.code);
if (again !== "server-stopping") throw new Error(`served after close: ${JSON.stringify(again)}`);

async function slowly(request: Request): Promise<"guest"> {
  if (request.headers.has("x-slow")) await new Promise((resolve) => setTimeout(resolve, 500));
  return "guest";
}

function statusFor(options: Record<string, unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", ...options }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", reject);
    sent.end();
  });
}
