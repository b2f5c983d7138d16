import { dirname, join } from "node:path";
import { hearthCommand, type Target } from "./targets.ts";
import { createPlace, type Place } from "./place.ts";

/** A running `hearth serve` in the foreground, in a place of its own, on a port that the system chose. */
export interface TestServer {
  readonly place: Place;
  /** Base address without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  /** Everything it wrote to stderr so far. */
  stderr(): string;
  /** POSTs JSON. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  signal(name: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL"): void;
  readonly exited: Promise<number>;
  /** Ends it by its own pid and removes its place. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly fixtures?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly place?: Place;
  /** The number of the user that it runs as; needs root. */
  readonly user?: number;
}

const START_MS = 60_000;

/** Starts a server and waits until it says its address. */
export async function startServer(target: Target, options: ServerOptions = {}): Promise<TestServer> {
  const place = options.place ?? createPlace(options.fixtures);
  const command = [...hearthCommand(target), "serve", "--port", "0", ...(options.args ?? [])];
  const { user } = options;
  if (user !== undefined) giveTo(user, place);
  const child = Bun.spawn(user === undefined ? command : [...commandAs(user), ...command], {
    cwd: place.data,
    env: { ...place.env, ...options.env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  let said = "";
  const address = Promise.withResolvers<string>();
  const drained = (async () => {
    for await (const chunk of child.stderr) {
      said += Buffer.from(chunk).toString();
      const found = /http:\/\/[\d.]+:\d+/.exec(said)?.[0];
      if (found !== undefined) address.resolve(found);
    }
    address.reject(new Error("the server ended before it said its address"));
  })();
  const timer = setTimeout(() => address.reject(new Error("the server did not start")), START_MS);
  const url = await address.promise.catch(async (error: unknown) => {
    child.kill("SIGKILL");
    await Promise.all([child.exited, drained]);
    if (options.place === undefined) place.remove();
    throw new Error(`${String(error)}\n${said}`);
  });
  clearTimeout(timer);
  return {
    place,
    url,
    pid: child.pid,
    stderr: () => said,
    post: (path, body, headers = {}) =>
      fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => fetch(url + path, { headers }),
    signal: (name) => child.kill(name),
    exited: child.exited,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await child.exited;
      clearTimeout(timer);
      if (options.place === undefined) place.remove();
    },
  };
}

/** Makes a place another user's, with caches of its own: the shared ones are ours. */
function giveTo(user: number, place: Place): void {
  const folder = dirname(place.data);
  Object.assign(place.env, { HEARTH_CACHE_DIR: join(folder, "cache"), DENO_DIR: join(folder, "deno") });
  Bun.spawnSync(["chown", "-R", `${user}:${user}`, folder]);
}

/** Before a command: runs it as this user, without any group. */
function commandAs(user: number): string[] {
  const script =
    "import os, sys; os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])";
  return ["python3", "-c", script, String(user)];
}
