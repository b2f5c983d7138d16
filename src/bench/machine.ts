import { arch, cpus, platform, release, totalmem } from "node:os";
import { runtimeName } from "../runtime/detect.ts";
import { VERSION } from "../version.ts";

/** What a measurement was made on: without it a figure tells nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Such as "linux x64 6.1". */
  readonly system: string;
  readonly hearth: string;
  readonly runtime: string;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryBytes: totalmem(),
    system: `${platform()} ${arch()} ${release().split(/[-+]/)[0]}`,
    hearth: VERSION,
    runtime: runtimeName(),
  };
}
