import { writeAll } from "../runtime/write-all.ts";
import { Channel, type Handler } from "./channel.ts";

/** Ends this process at once: threads that still work would hold up any other way out. */
export function endProcess(): void {
  process.kill(process.pid, "SIGKILL");
}

/** A channel to the server that started this process, over our standard input and output. */
export function channelToServer(handlers: Readonly<Record<string, Handler>>): Channel {
  return new Channel((chunks) => writeAll(process.stdout, chunks), { ping: () => {}, ...handlers });
}

/** Works for the server until standard input ends, as it does when the server is gone, and exits. */
export function workUntilServerEnds(channel: Channel): Promise<never> {
  process.stdin.on("data", (chunk: Uint8Array) => channel.receive(chunk));
  return new Promise(() => {
    process.stdin.on("end", endProcess);
    process.stdin.on("error", endProcess);
  });
}
