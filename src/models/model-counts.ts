import { createHistogram } from "../lifecycle/histogram.ts";
import type { StopReason } from "./scheduler/types.ts";

/** What was counted of one model since this hearth began. */
export class ModelCounts {
  /** Waits for the model, its loading included. */
  readonly queueWait = createHistogram();
  /** From the start of a server until it was ready. */
  readonly load = createHistogram();
  /** From sending a request on until the first piece of its streamed answer. */
  readonly firstToken = createHistogram();
  readonly tokens = { input: 0, output: 0 };
  /** Servers that could not be started, and those that ended by themselves. */
  readonly failures = { start: 0, running: 0 };
  readonly unloads = new Tally<StopReason>();
  /** By the code of the error. */
  readonly rejections = new Tally<string>();
  /** Statuses that the model's server answered with, or that we answered for it. */
  readonly statuses = new Tally<number>();
}

/** Counts of a few different things. */
export class Tally<Key> {
  readonly #counts = new Map<Key, number>();

  add(key: Key): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  of(key: Key): number {
    return this.#counts.get(key) ?? 0;
  }

  entries(): readonly (readonly [Key, number])[] {
    return [...this.#counts];
  }
}

/** The counts of all models, those of peers included; as many as the config has. */
export class CountsByModel {
  readonly #counts = new Map<string, ModelCounts>();

  /** A model's counts, from zero where there are none yet. */
  of(id: string): ModelCounts {
    let counts = this.#counts.get(id);
    if (counts === undefined) {
      counts = new ModelCounts();
      this.#counts.set(id, counts);
    }
    return counts;
  }

  /** Forgets the models that the config has no more. */
  keep(isKnown: (id: string) => boolean): void {
    for (const id of this.#counts.keys()) if (!isKnown(id)) this.#counts.delete(id);
  }

  entries(): readonly (readonly [string, ModelCounts])[] {
    return [...this.#counts];
  }
}
