import { afterAll, beforeAll, expect, test } from "bun:test";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { connectRaw, spilledFiles, statusOf } from "./support.ts";
import { until } from "../support/until.ts";

/** Guests' bodies may pause for 30 s. All servers are waited for at once, so that it costs this only once. */
const WAIT_MS = 45_000;

const servers: TestServer[] = [];
beforeAll(async () => {
  for (const target of TARGETS) servers.push(await startServer(target));
});
afterAll(async () => {
  for (const server of servers) await server.stop();
});

test("a body that stops coming is refused with 408, leaves nothing behind, and hinders nobody meanwhile", async () => {
  const head = "HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 1000\r\n\r\n";
  const starts = [`POST /api/read_data ${head}{`, `POST /api/write_data?output=o.csv ${head}a\n1\n`];
  await Promise.all(
    servers.map(async (server) => {
      const connections = await Promise.all(starts.map(() => connectRaw(server)));
      connections.forEach((connection, i) => connection.send(starts[i] ?? ""));
      await until("both run", async () => (await statusOf(server)).hearth.inFlight.active === 2);
      await until("the upload is put down", () => spilledFiles(server).length === 1);
      for (const connection of connections) {
        await until("an answer", () => connection.received().includes("body-timeout"), WAIT_MS);
        expect(connection.received()).toStartWith("HTTP/1.1 408");
        connection.drop();
      }
      await until("nothing runs", async () => (await statusOf(server)).hearth.inFlight.active === 0);
      expect(spilledFiles(server)).toEqual([]);
    }),
  );
}, 90_000);
