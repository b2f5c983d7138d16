import { createClient, type HearthClient } from "../client/client.ts";
import { HearthError } from "../errors.ts";
import { say } from "./print.ts";

/** The flags that say which server is meant, and how patient to be. */
export interface ConnectFlags {
  readonly config?: string | undefined;
  readonly "no-config"?: boolean | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly timeout?: string | undefined;
  readonly quiet?: boolean | undefined;
}

/** A client for the local server that these flags mean; it is started when none runs, unless `autoStart` is false. */
export async function connect(flags: ConnectFlags, autoStart = true): Promise<HearthClient> {
  return createClient({
    config: flags["no-config"] === true ? false : flags.config,
    host: flags.host,
    port: parsePort(flags.port),
    timeoutSeconds: flags.timeout === undefined ? undefined : await parseTimeout(flags.timeout),
    autoStart,
    onNotice: flags.quiet === true ? undefined : tellNotice,
    onStarting: flags.quiet === true ? undefined : tellStarting,
  });
}

/** A port as a number. Throws `usage` for anything else. */
export function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new HearthError("usage", `--port wants a number from 0 to 65535, but "${text}" came`);
}

async function parseTimeout(text: string): Promise<number> {
  const { parseDuration } = await import("../config/duration.ts");
  return parseDuration(text, "--timeout");
}

/** Seconds of a start after which a person should know why nothing happens yet. */
const PATIENCE_SECONDS = 1;

/** Requests that wait together tell the same. */
let lastTold = "";

function tellStarting(seconds: number): void {
  const words = `starting, ${seconds.toFixed(1)} s`;
  if (seconds < PATIENCE_SECONDS || words === lastTold) return;
  lastTold = words;
  say(words);
}

function tellNotice(sentence: string): void {
  say(`warning: ${sentence}`);
}
