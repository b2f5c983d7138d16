import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { HearthError } from "../../errors.ts";
import { GuardedProcess, type ProcessSystem } from "../../models/process/guarded-process.ts";
import { Guardian } from "../../models/process/guardian.ts";
import { drainInto, Output } from "../../models/process/output.ts";
import { loadRuntime } from "../../runtime/detect.ts";
import { describeMachine } from "../machine.ts";
import { summarize } from "../statistics.ts";
import { createDummyDataset } from "./dataset.ts";
import { DRIVER, EVENT_MARK } from "./driver.ts";
import { parseTrainingLine } from "./parse-output.ts";
import type { BenchmarkResult, Iteration, TimeSource } from "./result.ts";
import { judge, VERDICT_BOUNDS, type VerdictBounds } from "./verdict.ts";

export interface TrainingOptions {
  /** Folder of the model, or its name on Hugging Face. */
  readonly model: string;
  /** An interpreter with mlx-lm; default "python3". */
  readonly python?: string;
  /** Default 20. */
  readonly iterations?: number;
  /** Default 4. */
  readonly batchSize?: number;
  /** Layers to train at most; default 16. */
  readonly layers?: number;
  /** Tokens; default 2048. */
  readonly maxSequenceLength?: number;
  /** Folder with train.jsonl; default: made-up chats. */
  readonly data?: string;
  readonly bounds?: VerdictBounds;
  /** Ends it early; what was measured until then is the result. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** How far a training has come. */
export type TrainingProgress =
  | { readonly kind: "loading" }
  | { readonly kind: "iteration"; readonly done: number; readonly of: number; readonly seconds: number };

/** The first iterations compile and allocate. */
const WARM_UP = 2;
const SAMPLE_MS = 100;
const STOP_MS = 5000;
const TAIL_LINES = 15;

/**
 * Trains a LoRA adapter with mlx-lm for some iterations and measures each: the time of an iteration is the iteration's
 * own, loading and validation left out. The adapter is thrown away.
 *
 * @throws HearthError `bench-failed` with the reason: no mlx-lm, a wrong model, no memory
 */
export async function runTrainingBenchmark(options: TrainingOptions): Promise<BenchmarkResult> {
  const folder = mkdtempSync(join(tmpdir(), "hearth-bench-"));
  const { batchSize = 4, data, iterations = 20 } = options;
  try {
    if (data === undefined) {
      // Without a file to validate with, no iteration is mixed with a validation.
      const rows = Math.max(batchSize * 4, 64);
      createDummyDataset(folder, rows, { leastRows: batchSize, splits: ["train"] });
    }
    const run = new TrainingRun({ ...options, batchSize, iterations }, folder);
    const isDriven = await run.byDriver();
    if (!isDriven) await run.byCommand();
    return run.result();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Events of the driver. */
type DriverEvent =
  | { readonly event: "started"; readonly versions: Readonly<Record<string, string | null>> }
  | { readonly event: "loaded"; readonly seconds: number }
  | { readonly event: "training"; readonly layers: number }
  | {
      readonly event: "iteration";
      readonly iteration: number;
      readonly seconds: number;
      readonly stepSeconds: number;
      readonly loss: number;
      readonly tokensPerSecond: number;
      readonly peakBytes: number;
    }
  | { readonly event: "validation"; readonly iteration: number }
  | {
      readonly event: "failed";
      readonly kind: "missing" | "old" | "memory" | "failed";
      readonly message: string;
    }
  | { readonly event: "finished" };

type Chosen = TrainingOptions & { readonly batchSize: number; readonly iterations: number };

class TrainingRun {
  readonly #options: Chosen;
  readonly #folder: string;
  readonly #output = new Output();
  readonly #validated = new Set<number>();
  #measured: Omit<Iteration, "leftOut">[] = [];
  #source: TimeSource = "callback";
  #versions: Readonly<Record<string, string | null>> = {};
  #loadSeconds: number | null = null;
  #layers: number | null = null;
  #peakBytes: number | null = null;
  #residentBytes: number | null = null;
  #totalSeconds = 0;
  #failure: Extract<DriverEvent, { event: "failed" }> | undefined;
  #isInterrupted = false;
  #lastLineMs = 0;

  constructor(options: Chosen, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  /** Trains by the driver; false when this mlx_lm is too old for it. */
  async byDriver(): Promise<boolean> {
    const { batchSize, iterations, layers = 16, maxSequenceLength = 2048, model } = this.#options;
    const settings = {
      model: pathOrName(model),
      data: this.#data(),
      iters: iterations,
      batch_size: batchSize,
      num_layers: layers,
      max_seq_length: maxSequenceLength,
      adapter_path: join(this.#folder, "adapters"),
    };
    const exitCode = await this.#run(["-c", DRIVER, JSON.stringify(settings)], (line) => {
      const at = line.indexOf(EVENT_MARK);
      if (at >= 0) this.#take(JSON.parse(line.slice(at + EVENT_MARK.length)) as DriverEvent);
    });
    if (this.#failure?.kind === "old") {
      this.#failure = undefined;
      return false;
    }
    this.#check(exitCode);
    return true;
  }

  /** Trains by mlx_lm's own command, and reads what it prints. */
  async byCommand(): Promise<void> {
    const { batchSize, iterations, layers = 16, maxSequenceLength = 2048, model } = this.#options;
    const flags: readonly (readonly [string, string | number])[] = [
      ["--model", pathOrName(model)],
      ["--data", this.#data()],
      ["--iters", iterations],
      ["--batch-size", batchSize],
      ["--num-layers", layers],
      ["--max-seq-length", maxSequenceLength],
      ["--steps-per-report", 1],
      ["--steps-per-eval", 1_000_000],
      ["--val-batches", 1],
      ["--adapter-path", join(this.#folder, "adapters")],
    ];
    this.#measured = [];
    const args = [
      "-m",
      "mlx_lm",
      "lora",
      "--train",
      ...flags.flatMap(([flag, value]) => [flag, String(value)]),
    ];
    this.#check(await this.#run(args, (line) => this.#takeLine(line)));
  }

  result(): BenchmarkResult {
    const {
      batchSize,
      bounds = VERDICT_BOUNDS,
      data,
      iterations,
      maxSequenceLength = 2048,
      model,
    } = this.#options;
    const all = this.#measured.map((one): Iteration => ({
      ...one,
      leftOut: this.#reasonToLeaveOut(one.iteration),
    }));
    const counted = all.filter(({ leftOut }) => leftOut === undefined);
    const secondsPerIteration = summarize(counted.map(({ seconds }) => seconds)) ?? null;
    const typical = secondsPerIteration?.median;
    return Object.freeze({
      kind: "training" as const,
      time: new Date().toISOString(),
      model,
      settings: { iterations, batchSize, layers: this.#layers, maxSequenceLength, data: data ?? null },
      secondsPerIteration,
      tokensPerSecond: summarize(counted.map(({ tokensPerSecond }) => tokensPerSecond)) ?? null,
      timeSource: this.#source,
      iterations: all,
      loadSeconds: this.#loadSeconds,
      totalSeconds: this.#totalSeconds,
      peakMemory: { trainingBytes: this.#peakBytes, residentBytes: this.#residentBytes },
      judgement: typical === undefined ? null : judge(typical, bounds),
      bounds,
      projection: typical === undefined ? null : { 100: typical * 100, 1000: typical * 1000 },
      versions: this.#versions,
      machine: describeMachine(),
      isInterrupted: this.#isInterrupted,
    });
  }

  #data(): string {
    const { data } = this.#options;
    return data === undefined ? this.#folder : resolve(data);
  }

  #reasonToLeaveOut(iteration: number): Iteration["leftOut"] {
    if (this.#validated.has(iteration)) return "validation";
    return iteration <= WARM_UP ? "warm-up" : undefined;
  }

  #take(event: DriverEvent): void {
    switch (event.event) {
      case "started":
        this.#versions = event.versions;
        this.#options.onProgress?.({ kind: "loading" });
        break;
      case "loaded":
        this.#loadSeconds = event.seconds;
        break;
      case "training":
        this.#layers = event.layers;
        break;
      case "iteration": {
        const { iteration, loss, peakBytes, seconds, stepSeconds, tokensPerSecond } = event;
        this.#peakBytes = Math.max(this.#peakBytes ?? 0, peakBytes);
        // The first one's clock began before the trainer was made.
        this.#add({ iteration, loss, tokensPerSecond, seconds: iteration === 1 ? stepSeconds : seconds });
        break;
      }
      case "validation":
        this.#validated.add(event.iteration);
        break;
      case "failed":
        this.#failure = event;
        break;
      default:
    }
  }

  #takeLine(text: string): void {
    const line = parseTrainingLine(text);
    if (line === undefined) return;
    const nowMs = performance.now();
    if (line.kind === "validation") this.#validated.add(line.iteration);
    else {
      this.#source = line.seconds === undefined ? "arrival-of-lines" : "old-output";
      const { iteration, loss, peakBytes, tokensPerSecond } = line;
      if (peakBytes !== undefined) this.#peakBytes = Math.max(this.#peakBytes ?? 0, peakBytes);
      const arrived = (nowMs - this.#lastLineMs) / 1000;
      this.#add({ iteration, loss, tokensPerSecond, seconds: line.seconds ?? arrived });
    }
    this.#lastLineMs = nowMs;
  }

  #add(iteration: Omit<Iteration, "leftOut">): void {
    this.#measured.push(iteration);
    const { iterations, onProgress } = this.#options;
    onProgress?.({
      kind: "iteration",
      done: iteration.iteration,
      of: iterations,
      seconds: iteration.seconds,
    });
  }

  async #run(args: readonly string[], onLine: (line: string) => void): Promise<number | null> {
    const { python = "python3", signal } = this.#options;
    const system = await createSystem();
    const beganMs = performance.now();
    this.#lastLineMs = beganMs;
    const unfollow = this.#output.follow(onLine);
    const command = [python, ...args] as const;
    const started = await start(command, system);
    const stop = () => {
      this.#isInterrupted = true;
      started.child.kill("SIGTERM");
    };
    signal?.addEventListener("abort", stop);
    if (signal?.aborted === true) stop();
    const sampler = setInterval(() => void this.#sample(started), SAMPLE_MS);
    try {
      const drained = [
        drainInto(this.#output, "stdout", started.child.stdout),
        drainInto(this.#output, "stderr", started.child.stderr),
      ];
      const { exitCode } = await started.child.exited;
      await Promise.all(drained);
      return exitCode;
    } finally {
      clearInterval(sampler);
      signal?.removeEventListener("abort", stop);
      unfollow();
      await started.end(performance.now() + STOP_MS);
      await system.guardian.close();
      this.#totalSeconds = (performance.now() - beganMs) / 1000;
    }
  }

  async #sample(started: GuardedProcess): Promise<void> {
    const bytes = await started.residentBytes().catch(() => 0);
    if (bytes > 0) this.#residentBytes = Math.max(this.#residentBytes ?? 0, bytes);
  }

  #check(exitCode: number | null): void {
    if (this.#isInterrupted || (exitCode === 0 && this.#failure === undefined)) return;
    const { model, python = "python3" } = this.#options;
    if (this.#failure?.kind === "missing") {
      throw new HearthError("bench-failed", `${python} has no mlx-lm: ${this.#failure.message}`, {
        hint: "Name an interpreter that has it: --python ~/venv/bin/python, after pip install mlx-lm (on Linux 'mlx[cpu]' too).",
      });
    }
    if (this.#failure?.kind === "memory") {
      throw new HearthError(
        "bench-failed",
        `The memory is too small to train ${model}: ${this.#failure.message}`,
        {
          hint: "Take a smaller or a quantised model, --batch-size 1, or fewer --layers.",
        },
      );
    }
    if (exitCode === null || exitCode === 137) {
      throw new HearthError("bench-failed", `Training ${model} was killed, mostly for want of memory`, {
        hint: "Take a smaller or a quantised model, --batch-size 1, or fewer --layers.",
      });
    }
    const said = this.#output.tail(TAIL_LINES).join("").trimEnd();
    throw new HearthError("bench-failed", `${model} can't be trained: ${this.#failure?.message ?? said}`, {
      hint: "--debug shows what was printed; is the model a folder with weights that mlx-lm reads?",
      cause: said,
    });
  }
}

async function createSystem(): Promise<ProcessSystem> {
  const runtime = await loadRuntime();
  return { runtime, guardian: new Guardian(runtime, () => {}) };
}

async function start(
  command: readonly [string, ...string[]],
  system: ProcessSystem,
): Promise<GuardedProcess> {
  try {
    const env = { ...process.env, TOKENIZERS_PARALLELISM: "true", PYTHONUNBUFFERED: "1" };
    return await GuardedProcess.start({ command, env }, system);
  } catch (cause) {
    await system.guardian.close();
    if (!(cause instanceof HearthError)) throw cause;
    throw new HearthError("bench-failed", `${cause.message}. A Python with mlx-lm is needed`, {
      hint: "Name it: --python ~/venv/bin/python.",
      cause,
    });
  }
}

/** A folder is meant by its whole path; anything else is a name on Hugging Face. Throws `bench-failed` without it. */
function pathOrName(model: string): string {
  const path = resolve(model.replace(/^~(?=\/)/, process.env["HOME"] ?? "~"));
  if (existsSync(path)) return path;
  if (!/^[./~]/.test(model)) return model;
  throw new HearthError("bench-failed", `There is no model ${model}`, {
    hint: "Name its folder, or a name on Hugging Face such as mlx-community/Qwen3-0.6B-4bit.",
  });
}
