import { join } from "node:path";
import { PROJECT } from "../../../tests/support/targets.ts";
import { inTurns, median } from "../measure.ts";
import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { freePort, Workplace } from "../workplace.ts";

const PATH = "/v1/chat/completions";
const ROUNDS = 9;
const LATE_MS = [300, 700, 1300];

/** How quickly model servers are started, swapped and let go. By the binary; the servers are scripts on Bun. */
export const models: Benchmark = {
  name: "models",
  async run() {
    await using place = new Workplace();
    const port = freePort();
    place.write("hearth.yaml", config(freePort()));
    await place.serveHearth("binary", port, { HEARTH_CONFIG: join(place.folder, "hearth.yaml") });
    const hearth = new Asked(port);
    await hearth.ask("first");
    return [
      ...(await startAndSwap(hearth)),
      ...(await lateServers(hearth)),
      await crowd(hearth),
      await mixed(hearth),
      await starved(hearth),
      ...(await deaf(hearth)),
    ];
  },
};

function serverCommand(port: string | number, ...args: readonly (string | number)[]): string {
  const bun = join(PROJECT, "node_modules", ".bin", "bun");
  return [bun, join(PROJECT, "scripts", "bench", "upstream.ts"), port, ...args].join(" ");
}

function config(startPort: number): string {
  const quick = serverCommand("${PORT}");
  const late = LATE_MS.map((ms) => `  late${ms}: {cmd: "${serverCommand("${PORT}", ms)}"}\n`);
  return `
startPort: ${startPort}
unloadTimeout: 1
models:
  first: {cmd: "${quick}"}
  second: {cmd: "${quick}"}
  deaf: {cmd: "${serverCommand("${PORT}", 0, "deaf")}"}
  beside: {cmd: "${quick}"}
${late.join("")}groups:
  swapped: {exclusive: false, members: [first, second, deaf, ${LATE_MS.map((ms) => `late${ms}`).join(", ")}]}
  apart: {exclusive: false, members: [beside]}
`;
}

/** A hearth, asked for its models. */
class Asked {
  readonly #url: string;
  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  /** Milliseconds until a model has answered. */
  async ask(model: string, script: object = {}): Promise<number> {
    const began = Bun.nanoseconds();
    const response = await this.#post(PATH, { model, messages: [], ...script });
    const text = await response.text();
    if (!response.ok) throw new Error(`${model}: ${response.status} ${text}`);
    return (Bun.nanoseconds() - began) / 1e6;
  }

  /** Milliseconds until a model's last process is gone. */
  async unload(model: string): Promise<number> {
    const began = Bun.nanoseconds();
    await (await this.#post(`/api/models/unload/${model}`, {})).text();
    return (Bun.nanoseconds() - began) / 1e6;
  }

  /** Times that models were started. */
  async starts(...ids: readonly string[]): Promise<number> {
    const response = await fetch(`${this.#url}/api/models`);
    const { models: all } = (await response.json()) as { models: { id: string; starts: number }[] };
    return all.filter(({ id }) => ids.includes(id)).reduce((sum, { starts }) => sum + starts, 0);
  }

  #post(path: string, body: object): Promise<Response> {
    return fetch(`${this.#url}${path}`, { method: "POST", body: JSON.stringify(body) });
  }
}

/** Milliseconds from starting such a server by hand until its first answer, looked for without a pause. */
async function direct(...args: readonly (string | number)[]): Promise<number> {
  const port = freePort();
  const began = Bun.nanoseconds();
  const child = Bun.spawn(serverCommand(port, ...args).split(" "), { stdio: ["ignore", "ignore", "ignore"] });
  try {
    for (;;) {
      const ready = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
      if (ready?.status === 200) break;
      await ready?.text();
      await Bun.sleep(1);
    }
    const body = JSON.stringify({ messages: [] });
    await (await fetch(`http://127.0.0.1:${port}${PATH}`, { method: "POST", body })).text();
    return (Bun.nanoseconds() - began) / 1e6;
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

async function startAndSwap(hearth: Asked): Promise<Figure[]> {
  const { bare, cold, swap } = await inTurns(
    {
      bare: () => direct(),
      async cold() {
        await hearth.unload("first");
        await hearth.unload("second");
        return await hearth.ask("first");
      },
      // The cold start just before has loaded the other one.
      swap: () => hearth.ask("second"),
    },
    ROUNDS,
  );
  return [
    added("Cold start of a server that starts at once", cold, bare, 40),
    added("Swap to such a server", swap, bare, 40),
  ];
}

function added(what: string, ours: readonly number[], bare: readonly number[], atMost: number): Figure {
  const value = median(ours.map((ms, round) => ms - (bare[round] as number)));
  const reached = `${shown(value)} ms (${shown(median(ours))} against ${shown(median(bare))})`;
  return bounded(`${what}, added`, value, { atMost }, { value: reached, unit: " ms" });
}

async function lateServers(hearth: Asked): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const ms of LATE_MS) {
    const model = `late${ms}`;
    const { bare, ours } = await inTurns(
      {
        bare: () => direct(ms),
        async ours() {
          await hearth.unload(model);
          await hearth.unload("first");
          return await hearth.ask(model);
        },
      },
      5,
      1,
    );
    figures.push(added(`A server that is ready after ${ms} ms, used`, ours, bare, 60));
  }
  return figures;
}

async function crowd(hearth: Asked): Promise<Figure> {
  await hearth.unload("first");
  const before = await hearth.starts("first");
  await Promise.all(Array.from({ length: 100 }, () => hearth.ask("first")));
  const starts = (await hearth.starts("first")) - before;
  const value = `${starts} start, 100 answers`;
  return bounded(
    "100 first requests at once to a cold model",
    starts,
    { atMost: 1 },
    { value, unit: " start" },
  );
}

async function mixed(hearth: Asked): Promise<Figure> {
  await hearth.unload("first");
  await hearth.unload("second");
  const before = await hearth.starts("first", "second");
  const names = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? "first" : "second"));
  await Promise.all(names.map((name) => hearth.ask(name, { think: 20 })));
  const starts = (await hearth.starts("first", "second")) - before;
  return bounded(
    "20 + 20 mixed requests at once to two models that exclude each other",
    starts,
    { atMost: 2 },
    { value: `${starts} starts`, unit: " starts" },
  );
}

async function starved(hearth: Asked): Promise<Figure> {
  await hearth.ask("first");
  const flowing = new AbortController();
  // Of different lengths, so that some of them always runs.
  const flow = [50, 70, 90, 110].map(async (think) => {
    while (!flowing.signal.aborted) await hearth.ask("first", { think });
  });
  await Bun.sleep(4000);
  const ms = await hearth.ask("second");
  flowing.abort();
  await Promise.all(flow);
  return bounded(
    "A request for one model during a steady flow for another, fairness window 3 s",
    ms,
    { atMost: 3250 },
    { value: `${shown(ms)} ms`, unit: " ms" },
  );
}

/** What takes no SIGTERM goes after unloadTimeout (1 s here), and holds up nobody else meanwhile. */
async function deaf(hearth: Asked): Promise<Figure[]> {
  await hearth.ask("beside");
  await hearth.ask("deaf");
  const unloading = hearth.unload("deaf");
  const beside: number[] = [];
  const unloaded = new AbortController();
  void unloading.then(() => unloaded.abort());
  while (!unloaded.signal.aborted) {
    beside.push(await hearth.ask("beside"));
    await Bun.sleep(10);
  }
  const unloadMs = await unloading;
  await hearth.ask("deaf");
  const swapMs = await hearth.ask("first");
  const slowest = Math.max(...beside);
  return [
    bounded(
      "A server that takes no SIGTERM is gone after an unload, unloadTimeout 1 s",
      unloadMs,
      { atMost: 1300 },
      { value: `${shown(unloadMs)} ms`, unit: " ms" },
    ),
    bounded(
      "... and after a swap, the other model's answer included",
      swapMs,
      { atMost: 1400 },
      { value: `${shown(swapMs)} ms`, unit: " ms" },
    ),
    bounded(
      "... the slowest of the requests to another model meanwhile",
      slowest,
      { atMost: 100 },
      { value: `${shown(slowest)} ms of ${beside.length}`, unit: " ms" },
    ),
  ];
}
