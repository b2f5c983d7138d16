import type { Caller } from "../access/caller.ts";
import type { FileAccess } from "../access/files.ts";
import { codePointOrder } from "../data/code-points.ts";
import type { CellObject } from "../data/json-keys.ts";
import type { Table } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { computeFrame, type FrameCompute, interfaceEntries } from "./compute-frame.ts";
import { type LoadedFrame, loadFrame } from "./load-frame.ts";
import type { SessionData } from "./session.ts";
import type { SessionRecord } from "./store.ts";

/** On whose behalf something is done. */
export interface SessionAccess {
  readonly caller: Caller;
  readonly files: FileAccess;
  readonly signal: AbortSignal;
}

/** What makes a session. */
export type NewSession = Pick<SessionRecord, "interfaceFile" | "directory" | "interfaceField" | "timeout">;

/** What was loaded, and the variables that the caller's client has not sent. */
export interface Loaded {
  readonly data: SessionData;
  readonly unsent: string;
}

export interface LoaderParts {
  /** Loads an interface with what it inherits. */
  readonly loadInterface: (request: NewSession, access: SessionAccess) => Promise<CellObject>;
  readonly readTable: (source: CellObject, access: SessionAccess) => Promise<Table>;
  readonly compute: (access: SessionAccess) => Promise<FrameCompute>;
  /** The files as this caller may see them. */
  readonly filesFor: (caller: Caller) => FileAccess;
}

/** Loads what sessions are made of, each time as the one who made it would. */
export class SessionLoader {
  readonly #parts: LoaderParts;

  constructor(parts: LoaderParts) {
    this.#parts = parts;
  }

  /** Reads a session's interface and its data, and runs what the interface computes. */
  async load(record: SessionRecord, access: SessionAccess): Promise<Loaded> {
    const unsent = new Set<string>();
    const as = this.as(record, noting(access, unsent));
    const values = await this.#parts.loadInterface(record, as);
    const loaded = await loadFrame(values, (source) => this.#parts.readTable(source, as));
    const { frame, selector } = loaded;
    const computed = await this.#computeAtStart(loaded, values, as);
    const data = {
      frame,
      focus: frame.startAt(selector),
      bytes: loaded.bytes + computed.bytes,
      warnings: [...loaded.warnings, ...computed.warnings],
    };
    return { data, unsent: [...unsent].sort(codePointOrder).join() };
  }

  /** The interface's keys as they are now. */
  interfaceOf(record: SessionRecord, access: SessionAccess): Promise<CellObject> {
    return this.#parts.loadInterface(record, this.as(record, access));
  }

  /** A session's files are its maker's: another call of the owner's comes from another folder, a guest has only roots. */
  as({ kind, base }: SessionRecord, access: SessionAccess): SessionAccess {
    const { caller } = access;
    if (caller.kind === "guest") return access;
    const maker: Caller = kind === "guest" ? { kind } : { ...caller, directory: base ?? caller.directory };
    return { ...access, caller: maker, files: this.#parts.filesFor(maker) };
  }

  /** What fails is no reason not to have the session: it is said. */
  async #computeAtStart(
    { frame, selector }: LoadedFrame,
    values: CellObject,
    access: SessionAccess,
  ): Promise<Pick<SessionData, "bytes" | "warnings">> {
    const compute = await this.#parts.compute(access);
    let bytes = 0;
    try {
      const { groups, warnings } = interfaceEntries(values, compute.find);
      for (const group of groups) {
        await computeFrame(frame, selector, group, compute, (at, value) => {
          bytes += frame.write(at, value);
        });
      }
      return { bytes, warnings };
    } catch (error) {
      if (!(error instanceof HearthError) || access.signal.aborted) throw error;
      return { bytes, warnings: [`The interface's "compute" was not run to its end: ${error.message}`] };
    }
  }
}

/** The same access; variables that are missed are noted besides. */
function noting(access: SessionAccess, unsent: Set<string>): SessionAccess {
  const { caller } = access;
  if (caller.kind !== "owner") return access;
  const onUnsent = (name: string) => {
    unsent.add(name);
    caller.onUnsent?.(name);
  };
  return { ...access, caller: { ...caller, onUnsent } };
}
