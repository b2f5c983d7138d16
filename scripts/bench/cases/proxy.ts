import { join } from "node:path";
import { PROJECT } from "../../../tests/support/targets.ts";
import { rawRequest, requestsPerSecond } from "../load.ts";
import { inTurns, median, medianRatio } from "../measure.ts";
import { RawHttp } from "../raw-http.ts";
import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { freePort, residentMib, Workplace } from "../workplace.ts";

const ROUNDS = 9;
const PATH = "/v1/chat/completions";
const PLAIN = { model: "m", messages: [{ role: "user", content: "hi" }] };

/** What hearth adds between a client and a model's server, against asking that server directly. By the binary. */
export const proxy: Benchmark = {
  name: "proxy",
  async run() {
    const speed = await withProxy(async (upstream, port, pid) => [
      ...(await latency(upstream, port)),
      await throughput(upstream, port),
      await firstChunk(upstream, port),
      await longStream(upstream, port),
      await manyStreams(upstream, port, pid),
    ]);
    // A server of its own, whose memory nothing has grown yet.
    const memory = await withProxy(async (_, port, pid) => [
      await memoryUnderLoad(port, pid),
      await memoryAfterMinute(port, pid),
    ]);
    return [...speed, ...memory];
  },
};

/** Measures with a hearth that has loaded a model of scripted answers. */
async function withProxy(
  measure: (upstream: number, port: number, pid: number) => Promise<Figure[]>,
): Promise<Figure[]> {
  await using place = new Workplace();
  const upstream = freePort();
  const port = freePort();
  const node = join(PROJECT, "node_modules", ".bin", "node");
  const script = join(PROJECT, "scripts", "bench", "upstream.ts");
  place.write(
    "hearth.yaml",
    `models:\n  m: {cmd: "${node} ${script} ${upstream}", proxy: "http://127.0.0.1:${upstream}"}\n`,
  );
  const { pid } = await place.serveHearth("binary", port, {
    HEARTH_CONFIG: join(place.folder, "hearth.yaml"),
  });
  await (await ask(port, PLAIN)).text();
  return await measure(upstream, port, pid);
}

function ask(port: number, body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${PATH}`, { method: "POST", body: JSON.stringify(body) });
}

async function latency(upstream: number, port: number): Promise<Figure[]> {
  const direct = new RawHttp(upstream);
  const proxied = new RawHttp(port);
  const added: { p50: number[]; p99: number[] } = { p50: [], p99: [] };
  for (let round = -2; round < ROUNDS; round += 1) {
    const [plain, through] = [await sample(direct), await sample(proxied)];
    if (round < 0) continue;
    added.p50.push(at(through, 0.5) - at(plain, 0.5));
    added.p99.push(at(through, 0.99) - at(plain, 0.99));
  }
  direct.close();
  proxied.close();
  const figure = (name: "p50" | "p99", atMost: number) => {
    const value = median(added[name]);
    return bounded(
      `Latency added to a small request, ${name}`,
      value,
      { atMost },
      { value: `${shown(value)} ms`, unit: " ms" },
    );
  };
  return [figure("p50", 0.6), figure("p99", 2.5)];
}

async function sample(connection: RawHttp): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 400; i += 1) times.push(await connection.post(PATH, PLAIN));
  return times.sort((a, b) => a - b);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] as number;
}

async function throughput(upstream: number, port: number): Promise<Figure> {
  const rate = (each: number) => () => requestsPerSecond(each, [rawRequest(each, PATH, PLAIN)], 32, 1500);
  const { direct, proxied } = await inTurns({ direct: rate(upstream), proxied: rate(port) }, 5);
  const ratio = medianRatio(proxied, direct);
  const value = `${shown(ratio)} (${shown(median(proxied))} of ${shown(median(direct))} a second)`;
  return bounded(
    "Requests a second through the proxy against direct, 32 connections",
    ratio,
    { atLeast: 0.15 },
    { value, unit: "" },
  );
}

async function firstChunk(upstream: number, port: number): Promise<Figure> {
  const first = (each: number) => async () => {
    const times: number[] = [];
    for (let i = 0; i < 50; i += 1) {
      const began = Bun.nanoseconds();
      const response = await ask(each, { ...PLAIN, stream: true, chunks: 1 });
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      times.push((Bun.nanoseconds() - began) / 1e6);
      await reader.cancel();
    }
    return median(times);
  };
  const { direct, proxied } = await inTurns({ direct: first(upstream), proxied: first(port) }, ROUNDS);
  const added = median(proxied.map((ms, round) => ms - (direct[round] as number)));
  return bounded(
    "Time to the first chunk, added",
    added,
    { atMost: 0.5 },
    { value: `${shown(added)} ms`, unit: " ms" },
  );
}

/** Events a second of streams that run together. */
function eventRate(port: number, streams: number, chunks: number) {
  return async () => {
    const began = Bun.nanoseconds();
    await Promise.all(
      Array.from({ length: streams }, async () => {
        const response = await ask(port, { ...PLAIN, stream: true, chunks });
        let bytes = 0;
        for await (const chunk of response.body as ReadableStream<Uint8Array>) bytes += chunk.length;
        return bytes;
      }),
    );
    return (streams * chunks) / ((Bun.nanoseconds() - began) / 1e9);
  };
}

async function longStream(upstream: number, port: number): Promise<Figure> {
  const sides = { direct: eventRate(upstream, 1, 10_000), proxied: eventRate(port, 1, 10_000) };
  const { direct, proxied } = await inTurns(sides, ROUNDS);
  const ratio = medianRatio(proxied, direct);
  const value = `${shown(ratio)} (${shown(median(proxied))} a second)`;
  return bounded(
    "Chunks a second of one stream of 10,000, against direct",
    ratio,
    { atLeast: 0.7 },
    { value, unit: "" },
  );
}

async function manyStreams(upstream: number, port: number, pid: number): Promise<Figure> {
  const sides = { direct: eventRate(upstream, 200, 500), proxied: eventRate(port, 200, 500) };
  const { direct, proxied } = await inTurns(sides, 5);
  const ratio = medianRatio(proxied, direct);
  const value = `${shown(ratio)} (${shown(median(proxied))} a second, ${shown(residentMib(pid))} MiB after it)`;
  return bounded(
    "Chunks a second of 200 streams at full speed, against direct",
    ratio,
    { atLeast: 0.5 },
    { value, unit: "" },
  );
}

async function memoryUnderLoad(port: number, pid: number): Promise<Figure> {
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, residentMib(pid))), 100);
  await Promise.all(
    Array.from({ length: 200 }, async () =>
      (await ask(port, { ...PLAIN, stream: true, chunks: 100, every: 20 })).text(),
    ),
  );
  clearInterval(watch);
  return bounded(
    "Memory while 200 streams run",
    most,
    { atMost: 120 },
    { value: `${shown(most)} MiB`, unit: " MiB" },
  );
}

/** Of the second half of a minute at full speed: what still grows after thirty seconds would go on growing. */
async function memoryAfterMinute(port: number, pid: number): Promise<Figure> {
  const request = [rawRequest(port, PATH, PLAIN)];
  const halves: number[] = [];
  for (let half = 0; half < 2; half += 1) {
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, residentMib(pid))), 250);
    await requestsPerSecond(port, request, 32, 30_000);
    clearInterval(watch);
    halves.push(most);
  }
  const [first = 0, second = 0] = halves;
  return bounded(
    "Memory in the second half of a minute of full load, against the first",
    second / first,
    { atMost: 1.1 },
    { value: `${shown(second / first)} (${shown(second)} and ${shown(first)} MiB)`, unit: "" },
  );
}
