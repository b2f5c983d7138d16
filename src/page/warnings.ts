import { hrefOf } from "./router.ts";
import type { ModelFacts, Pulse, Status } from "./types.ts";

/** Something that a person should know, and what to do about it. */
export interface Warning {
  readonly text: string;
  readonly remedy?: string;
  readonly href?: string;
}

interface Seen {
  /** What `/api/config` gave; empty for who may not see it. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly models: readonly ModelFacts[];
  readonly pulse: Pulse | undefined;
  readonly status: Status | undefined;
}

/** All that is not as it should be. */
export function findWarnings({ config, models, pulse, status }: Seen): readonly Warning[] {
  const failed = models.filter(({ state }) => state === "failed");
  const waiting = config["waiting"];
  const { droppedLogLines = 0, roots } = status?.hearth ?? {};
  const ownFailures = pulse?.requests?.failed ?? 0;
  return [
    ...textsIn(config["warnings"]).map((text) => ({
      text,
      remedy: "Mend it in the config file.",
      href: hrefOf("configuration"),
    })),
    ...(isSomething(config["kept"])
      ? [
          {
            text: "The server keeps settings that its config changes",
            remedy: "See which, and why.",
            href: hrefOf("configuration"),
          },
        ]
      : []),
    ...(isSomething(waiting)
      ? [
          {
            text: "A part of the config waits until it is trusted",
            remedy: "Look at it, then run: hearth trust",
          },
        ]
      : []),
    ...failed.map(({ id, reason }) => ({
      text: `${id} could not start${reason === null ? "" : `: ${reason}`}`,
      remedy: "Its log says more. Load it again when it is mended.",
      href: hrefOf("models", id),
    })),
    ...(droppedLogLines > 0
      ? [
          {
            text: `${plural(droppedLogLines, "line")} of the log could not be written`,
            remedy: "Make room on the disk of the state folder.",
          },
        ]
      : []),
    ...(ownFailures > 0
      ? [
          {
            text: `${plural(ownFailures, "request")} failed on the server's side`,
            remedy: "See which, with their log lines.",
            href: hrefOf("activity", "", { status: "5" }),
          },
        ]
      : []),
    ...(roots?.length === 0
      ? [{ text: "No folder is open to pages and scripts", remedy: "Open one: hearth start --root FOLDER" }]
      : []),
  ];
}

function plural(times: number, what: string): string {
  return `${times} ${what}${times === 1 ? "" : "s"}`;
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function isSomething(value: unknown): boolean {
  return Array.isArray(value)
    ? value.length > 0
    : typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
