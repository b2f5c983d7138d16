import { Agent } from "node:http";
import { runtimeName } from "./detect.ts";

/**
 * An agent for requests to servers that are asked again and again. Deno 2.9 sends a request over a kept connection once
 * more when it is destroyed, so that a server would go on working for a client that has left: there each request has a
 * connection of its own.
 */
export function createHttpAgent(): Agent {
  return new Agent({
    keepAlive: runtimeName() !== "deno",
    maxSockets: Infinity,
    maxFreeSockets: 64,
    scheduling: "lifo",
  });
}
