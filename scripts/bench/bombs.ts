/**
 * `bun scripts/bench/bombs.ts FOLDER [--checkout PATH] [--target bun|node|deno|binary] [NAME ...]`: reads each file of a
 * folder as a guest, with a ping every 50 ms from another process, and prints how the server took it: status and time of
 * the answer, p99 and longest ping, its memory before, at most and afterwards. A `NAME.json` holding a whole request
 * (`{"data_source": ...}`) is sent as it is. `--checkout` measures another state of the sources, for a before and after.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { createPlace } from "../../tests/support/place.ts";

const ROOT = resolve(import.meta.dir, "../..");

/** Milliseconds after which an answer is not waited for. */
const PATIENCE_MS = 20_000;

const words = process.argv.slice(2);
const option = (name: string) => {
  const at = words.indexOf(`--${name}`);
  return at === -1 ? undefined : words.splice(at, 2)[1];
};
const checkout = resolve(option("checkout") ?? ROOT);
const target = option("target") ?? "bun";
const [folder = ".", ...names] = words;

const main = join(checkout, "src/cli/main.ts");
const COMMANDS: Record<string, string[]> = {
  bun: [join(ROOT, "node_modules/.bin/bun"), main],
  node: [join(ROOT, "node_modules/.bin/node"), main],
  deno: [join(ROOT, "node_modules/.bin/deno"), "run", "-A", main],
  binary: [join(checkout, "dist/hearth")],
};

const place = createPlace();
const MB = 1e6;

/** Resident memory of a process in MB; `VmHWM` is the most it had. */
function memoryOf(pid: number, what: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round((Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / MB);
}

async function start() {
  const child = Bun.spawn([...(COMMANDS[target] ?? []), "serve", "--port", "0", "--root", resolve(folder)], {
    cwd: place.data,
    env: place.env,
    stdout: "ignore",
    stderr: "pipe",
  });
  const url = Promise.withResolvers<string>();
  void (async () => {
    let said = "";
    for await (const chunk of child.stderr) {
      said += Buffer.from(chunk).toString();
      const found = /http:\/\/[\d.]+:\d+/.exec(said)?.[0];
      if (found !== undefined) url.resolve(found);
    }
    url.reject(new Error(said));
  })();
  return { child, url: await url.promise };
}

/** A process of its own that pings every 50 ms and prints the milliseconds of each answer at its end. */
function startPings(url: string) {
  const script = `
    const times = [];
    process.on("SIGTERM", () => { console.log(JSON.stringify(times)); process.exit(0); });
    for (let next = performance.now();;) {
      const start = performance.now();
      await fetch(${JSON.stringify(`${url}/api/ping`)}, { signal: AbortSignal.timeout(${PATIENCE_MS}) }).then((r) => r.text()).catch(() => {});
      times.push(performance.now() - start);
      next = Math.max(next + 50, performance.now());
      await Bun.sleep(next - performance.now());
    }`;
  return Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
}

function requestOf(name: string): string {
  if (name.startsWith("local")) return readFileSync(join(folder, name), "utf8");
  return JSON.stringify({ data_source: { type: "auto", filename: resolve(folder, name) } });
}

const files = names.length > 0 ? names : readdirSync(folder).sort();
console.log(`${basename(checkout)}, ${target}`);
console.log("| file | MB | answer | s | ping p99 ms | longest | MB before | most | after 2 s |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const name of files) {
  const { child, url } = await start();
  try {
    await fetch(`${url}/api/ping`);
    const before = memoryOf(child.pid, "VmRSS");
    const pings = startPings(url);
    await Bun.sleep(500);
    const startMs = performance.now();
    const answer = await fetch(`${url}/api/read_data`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: requestOf(name),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
      .then(async (response) => {
        let bytes = 0;
        for await (const chunk of response.body ?? []) bytes += chunk.length;
        return `${response.status} (${(bytes / MB).toFixed(1)} MB)`;
      })
      .catch((error: unknown) => String(error).slice(0, 60));
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    await Bun.sleep(200);
    pings.kill("SIGTERM");
    const times = (JSON.parse(await new Response(pings.stdout).text()) as number[]).sort((a, b) => a - b);
    const p99 = times[Math.floor((times.length - 1) * 0.99)] ?? Number.NaN;
    const isAlive = child.exitCode === null && child.signalCode === null;
    const most = isAlive ? memoryOf(child.pid, "VmHWM") : Number.NaN;
    await Bun.sleep(2000);
    const after = isAlive ? memoryOf(child.pid, "VmRSS") : Number.NaN;
    const size = (statSync(join(folder, name)).size / MB).toFixed(1);
    const figures = [
      p99.toFixed(0),
      (times.at(-1) ?? Number.NaN).toFixed(0),
      before,
      most,
      isAlive ? after : "dead",
    ];
    console.log(`| ${[name, size, answer, seconds, ...figures].join(" | ")} |`);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}
place.remove();
