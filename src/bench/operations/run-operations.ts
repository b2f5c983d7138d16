import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { HearthError } from "../../errors.ts";
import { freePort } from "../../models/process/port.ts";
import { loadRuntime } from "../../runtime/detect.ts";
import type { Runtime } from "../../runtime/types.ts";
import { describeMachine, type Machine } from "../machine.ts";
import { bootstrapInterval, summarize, type Summary } from "../statistics.ts";
import { median } from "simple-statistics";

export interface OperationsOptions {
  /** A table to read; default: a made-up CSV of ten rows. */
  readonly file?: string;
  /** Operations of each kind; default 100. */
  readonly count?: number;
  /** The same operation without hearth: a program and its arguments. undefined: none is measured. */
  readonly cold?: readonly [string, ...string[]] | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number) => void;
}

/** What warm calls save; times in seconds. Frozen. */
export interface OperationsResult {
  readonly kind: "operations";
  /** ISO 8601. */
  readonly time: string;
  readonly file: string | null;
  /** Rounds that were measured, one operation of each kind in each. */
  readonly count: number;
  /** The first command, which started the server, and the one behind it. */
  readonly startSeconds: number;
  readonly firstCallSeconds: number;
  /** `hearth read` as a command of its own, the server warm. */
  readonly command: Summary;
  /** The same by a connection that is kept. */
  readonly connection: Summary;
  /** By the cold command; null: there was none. */
  readonly cold: Summary | null;
  readonly coldCommand: string | null;
  readonly speedUp: { readonly command: Ratio; readonly connection: Ratio } | null;
  /** Commands after which starting the server has paid; null: never, or nothing to compare with. */
  readonly breakEvenCalls: number | null;
  readonly samples: {
    readonly command: readonly number[];
    readonly connection: readonly number[];
    readonly cold: readonly number[];
  };
  readonly machine: Machine;
  readonly isInterrupted: boolean;
}

/** How much faster, as the ratio of the medians, with bounds of 95 % confidence. */
export interface Ratio {
  readonly value: number;
  readonly interval: readonly [low: number, high: number];
}

const EXAMPLE = `city,country,population\n${Array.from({ length: 10 }, (_, i) => `City ${i},Country ${i % 3},${(i + 1) * 1e5}`).join("\n")}\n`;

/**
 * Reads one table again and again: by `hearth read`, by a connection that is kept, and by a cold command, in turns, so
 * that whatever else the machine does hits all of them alike. The server is one of its own and ends with it.
 *
 * @throws HearthError `bench-failed` when one of them fails
 */
export async function runOperationsBenchmark(options: OperationsOptions = {}): Promise<OperationsResult> {
  const folder = mkdtempSync(join(tmpdir(), "hearth-bench-"));
  const example = join(folder, "example.csv");
  writeFileSync(example, EXAMPLE);
  const file = options.file === undefined ? example : resolve(options.file);
  const bench = await OperationsBench.create(folder, file, options.cold);
  try {
    return await bench.run(options);
  } finally {
    await bench.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

class OperationsBench {
  readonly #runtime: Runtime;
  readonly #file: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #connection: KeptConnection;
  readonly #instance: readonly string[];
  readonly #cold: readonly [string, ...string[]] | undefined;

  private constructor(
    runtime: Runtime,
    folder: string,
    file: string,
    port: number,
    cold: OperationsOptions["cold"],
  ) {
    this.#runtime = runtime;
    this.#file = file;
    this.#cold = cold?.map((word) => word.replaceAll("{file}", file)) as unknown as OperationsOptions["cold"];
    const stateDir = join(folder, "state");
    // A server of its own: the user's may be busy, or have the file in its cache already.
    this.#env = { ...process.env, HEARTH_STATE_DIR: stateDir };
    this.#instance = ["--no-config", "--port", String(port)];
    this.#connection = new KeptConnection(port, file);
  }

  static async create(
    folder: string,
    file: string,
    cold: OperationsOptions["cold"],
  ): Promise<OperationsBench> {
    const port = await freePort(20_000 + Math.floor(Math.random() * 10_000), new Set());
    return new OperationsBench(await loadRuntime(), folder, file, port, cold);
  }

  async run({ count = 100, file, onProgress, signal }: OperationsOptions): Promise<OperationsResult> {
    const startSeconds = await this.#byCommand();
    const firstCallSeconds = await this.#byCommand();
    // The connection comes by TCP, where a folder has to be opened first.
    const opening = ["start", "--root", dirname(this.#file), "--quiet", ...this.#instance];
    await this.#time(this.#runtime.selfCommand(opening));
    await this.#connection.read();
    if (this.#cold !== undefined) await this.#byCold(this.#cold);
    const command: number[] = [];
    const connection: number[] = [];
    const cold: number[] = [];
    for (let round = 0; round < count; round += 1) {
      if (signal?.aborted === true) break;
      command.push(await this.#byCommand());
      connection.push(await this.#connection.read());
      if (this.#cold !== undefined) cold.push(await this.#byCold(this.#cold));
      onProgress?.(round + 1, count);
    }
    const summed = { command: summarize(command), connection: summarize(connection) };
    if (summed.command === undefined || summed.connection === undefined) {
      throw new HearthError("bench-failed", "It was ended before the first round");
    }
    const coldSummary = summarize(cold) ?? null;
    const saved = coldSummary === null ? 0 : coldSummary.median - summed.command.median;
    return Object.freeze({
      kind: "operations" as const,
      time: new Date().toISOString(),
      file: file === undefined ? null : this.#file,
      count: command.length,
      startSeconds,
      firstCallSeconds,
      command: summed.command,
      connection: summed.connection,
      cold: coldSummary,
      coldCommand: this.#cold?.join(" ") ?? null,
      speedUp:
        coldSummary === null ? null : { command: ratio(cold, command), connection: ratio(cold, connection) },
      breakEvenCalls:
        saved > 0 ? Math.max(1, Math.ceil((startSeconds - summed.command.median) / saved)) : null,
      samples: { command, connection, cold },
      machine: describeMachine(),
      isInterrupted: command.length < count,
    });
  }

  async stop(): Promise<void> {
    await this.#time(this.#runtime.selfCommand(["stop", ...this.#instance, "--quiet"])).catch(() => {});
    this.#connection.close();
  }

  #byCommand(): Promise<number> {
    return this.#time(this.#runtime.selfCommand(["read", this.#file, "--format", "json", ...this.#instance]));
  }

  #byCold(command: readonly [string, ...string[]]): Promise<number> {
    return this.#time(command);
  }

  /** Seconds that a whole process takes, from its start until it has ended and said all. */
  async #time(command: readonly [string, ...string[]]): Promise<number> {
    const beganMs = performance.now();
    const child = await this.#runtime.spawn(command, { env: this.#env, stdout: "pipe", stderr: "pipe" });
    const [, said, { exitCode }] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      child.exited,
    ]);
    const seconds = (performance.now() - beganMs) / 1000;
    if (exitCode === 0) return seconds;
    throw new HearthError("bench-failed", `${command.join(" ")} failed: ${said.trim().slice(-1000)}`);
  }
}

/** Reads the table by HTTP over one connection that is never closed in between, as a long-running program would. */
class KeptConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;
  readonly #body: string;

  constructor(port: number, file: string) {
    this.#port = port;
    const source = { type: "auto", filename: basename(file), directory: dirname(file) };
    this.#body = JSON.stringify({ data_source: source });
  }

  /** Seconds until all of the answer is there. */
  read(): Promise<number> {
    const beganMs = performance.now();
    return new Promise((settle, reject) => {
      const fail = (cause: unknown) =>
        reject(new HearthError("bench-failed", `The connection broke: ${String(cause)}`, { cause }));
      const sent = request({
        agent: this.#agent,
        host: "127.0.0.1",
        port: this.#port,
        method: "POST",
        path: "/api/read_data",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(this.#body) },
      });
      sent.on("error", fail);
      sent.on("response", (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
        response.on("error", fail);
        response.on("end", () => {
          if (response.statusCode === 200) settle((performance.now() - beganMs) / 1000);
          else
            reject(
              new HearthError(
                "bench-failed",
                `The server answered ${response.statusCode}: ${text.slice(0, 500)}`,
              ),
            );
        });
      });
      sent.end(this.#body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function textOf(stream: ReadableStream<Uint8Array> | undefined): Promise<string> {
  return stream === undefined ? "" : await new Response(stream).text();
}

/** How much longer `slow` takes than `quick`, both measured in the same rounds: whole rounds are drawn anew. */
function ratio(slow: readonly number[], quick: readonly number[]): Ratio {
  const rounds = slow.map((_, round) => round);
  const of = (picked: readonly number[]) =>
    median(picked.map((round) => slow[round] as number)) /
    median(picked.map((round) => quick[round] as number));
  return { value: of(rounds), interval: bootstrapInterval(rounds, of) };
}
