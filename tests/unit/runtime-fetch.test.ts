import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { probeCommand, readJson, RUNTIMES, temporaryFolder } from "../fixtures/runtime/run-probe.ts";

// Listens, then dies without a chance to remove its socket.
const LEAVE_STALE = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))`;

async function makeStaleSocket(path: string): Promise<void> {
  await once(spawn(process.execPath, ["-e", LEAVE_STALE, path], { stdio: "ignore" }), "exit");
}

// A proxy of the environment must not see requests to hearth.
const PROXY = { HTTP_PROXY: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9" };

test.each(RUNTIMES)("%s tells a server that isn't there from one that breaks", async (runtime) => {
  using folder = temporaryFolder();
  const stale = join(folder.path, "stale");
  await makeStaleSocket(stale);
  expect(readJson(probeCommand(runtime, ["fetching", folder.path, stale]), PROXY)).toEqual({
    none: "server-unreachable",
    "nofolder/none": "server-unreachable",
    file: "server-unreachable",
    stale: "server-unreachable",
    tcp: "server-unreachable",
    name: "server-unreachable",
    eof: "connection-broken",
    reset: "connection-broken",
    silent: "connection-broken",
    half: "connection-broken",
    timeout: "TimeoutError",
    abort: "mine",
    header: "TypeError",
    stream: "ab",
  });
});
