import type { StatusAnswer } from "../../client/answers.ts";
import { HearthClient } from "../../client/client.ts";
import { connectLocalServer } from "../../client/local.ts";
import { HearthError } from "../../errors.ts";
import { type InstanceFlags, locateAnyway } from "../locate.ts";
import { printData, say } from "../print.ts";
import { createPainter, hasColor } from "../terminal.ts";
import { statusLines } from "./status-lines.ts";

export interface StatusFlags extends InstanceFlags {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Exit code that says: no server runs. */
const NOT_RUNNING = 3;

/** Prints how the instance's server is, without starting one and without keeping it awake. */
export async function tellStatus(flags: StatusFlags): Promise<number> {
  const local = await locateAnyway(flags);
  const status = await askStatus(
    new HearthClient(async () => connectLocalServer(local, { autoStart: false })),
  );
  if (flags.json === true) {
    const address = { instance: local.instance.key, isRunning: status !== undefined };
    printData(`${JSON.stringify({ ...address, ...status })}\n`);
  } else if (status === undefined) {
    if (flags.quiet !== true) say(`No server runs (instance ${local.instance.key})`);
  } else if (flags.quiet !== true) {
    printData(statusLines(status, createPainter(await hasColor(1))));
  }
  return status === undefined ? NOT_RUNNING : 0;
}

async function askStatus(client: HearthClient): Promise<StatusAnswer | undefined> {
  try {
    return await client.json<StatusAnswer>({
      method: "GET",
      path: "/api/status",
      headers: { "x-hearth-watch": "1" },
      timeoutSeconds: 5,
      retries: 0,
    });
  } catch (error) {
    if (error instanceof HearthError && error.code === "server-unreachable") return undefined;
    throw error;
  }
}
