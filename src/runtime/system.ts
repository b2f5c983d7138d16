import { isHearthBinary } from "./globals.ts";
import { ownScript } from "./own-script.ts";
import type { Runtime, SignalName } from "./types.ts";

/** How a runtime differs in what all of them do through `node:` modules. */
export interface SystemTraits {
  /** How another process is looked at: from /proc where there is one, or by a command (Deno may not read /proc). */
  readonly reads: "proc" | "command";
  /** Whether descriptors that we inherited are passed on to children. */
  readonly leaksDescriptors: boolean;
  /** The command that runs a script of ours under this very runtime. */
  readonly scriptCommand: (script: string) => [string, ...string[]];
}

type SharedRuntime = Pick<
  Runtime,
  | "spawn"
  | "selfCommand"
  | "identify"
  | "onSignal"
  | "releaseMemory"
  | "residentBytes"
  | "residentBytesOf"
  | "familyOf"
  | "signalFamily"
  | "ownerOfPort"
>;

/** The members of `Runtime` that are alike everywhere. Whatever loads a `node:` module loads it when called. */
export function sharedRuntime(traits: SystemTraits): SharedRuntime {
  return {
    spawn: async (command, options = {}) =>
      (await import("./spawn.ts")).spawnProcess(command, options, traits.leaksDescriptors),
    selfCommand: (args) =>
      isHearthBinary ? [process.execPath, ...args] : [...traits.scriptCommand(ownScript()), ...args],
    identify: async (pid) => (await import("./identity.ts")).identifyProcess(pid, traits.reads),
    familyOf: async (family) => (await import("./family.ts")).listFamily(family, traits.reads),
    signalFamily: async (family, signal) => (await import("./family.ts")).signalFamily(family, signal),
    ownerOfPort: async (port, family) =>
      (await import("./family.ts")).ownerOfPort(port, family, traits.reads),
    onSignal,
    residentBytesOf: async (pid) => (await import("./resident.ts")).residentBytesOf(pid, traits.reads),
    residentBytes: () => process.memoryUsage.rss(),
    releaseMemory: async () => (await import("./release-memory.ts")).releaseMemory(),
  };
}

function onSignal(signal: SignalName, listener: () => void): () => void {
  const call = () => listener();
  process.on(signal, call);
  return () => void process.off(signal, call);
}
