import type { ServicePlan } from "./plan.ts";

/** What a service's file says of itself, so that it is known again: a comment with one line of JSON. */
export interface ServiceMark {
  /** `Instance.id`. */
  readonly instance: string;
  /** Such as "127.0.0.1:8765". */
  readonly address: string;
  /** The program and, below a runtime, its script: they must be there. */
  readonly program: readonly string[];
}

const WORD = "hearth-service:";

/** The line for a plan. Two dashes in a row would end a comment of XML. */
export function markLine(plan: ServicePlan, address: string): string {
  const mark: ServiceMark = {
    instance: plan.id,
    address,
    program: plan.command.slice(0, plan.command.indexOf("serve")).filter((word) => word.startsWith("/")),
  };
  return `${WORD} ${JSON.stringify(mark).replaceAll("--", "-\\u002d")}`;
}

/** The mark in a file's text; undefined: not written by hearth. */
export function readMark(text: string): ServiceMark | undefined {
  const line = text.split("\n").find((one) => one.includes(WORD));
  if (line === undefined) return undefined;
  try {
    const json = line.slice(line.indexOf("{"), line.lastIndexOf("}") + 1);
    const mark = JSON.parse(json) as Partial<ServiceMark>;
    return typeof mark.instance === "string" && Array.isArray(mark.program)
      ? (mark as ServiceMark)
      : undefined;
  } catch {
    return undefined;
  }
}
