import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CAN_SWITCH_USER, Client, OTHER } from "../support/peer-client.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { asOwner } from "./support.ts";

const WRITE = {
  path: "/api/write_data",
  body: { data: [{ a: 1 }], output: { type: "csv", filename: "written.csv" } },
};

describe.skipIf(!CAN_SWITCH_USER).each(TARGETS)(
  "security: other users of this machine, on %s (needs Linux and root)",
  (target) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer(target);
      server.place.write("in.csv", "v\n1\n");
    });
    afterAll(() => server.stop());

    test.each([
      "/api/ping",
      "/api/health",
      "/health",
      "/api/status",
      "/",
      "/v1/models",
      "/metrics",
      "/nothing/here",
    ])("are refused %s", async (path) => {
      await using client = new Client(server.url);
      const { status, text } = await client.ask({ uid: OTHER, path });
      expect(status).toBe(403);
      expect(text).toContain("other-user");
      expect((await client.ask({ uid: 0, path })).status).not.toBe(403);
    });

    test("can't write, and the owner's own programs can", async () => {
      await using client = new Client(server.url);
      expect(await client.ask({ uid: OTHER, ...WRITE })).toMatchObject({ status: 403 });
      expect(existsSync(join(server.place.data, "written.csv"))).toBe(false);
      const { text } = await client.ask({ uid: OTHER, path: "/api/status" });
      expect(JSON.parse(text)).toMatchObject({
        code: "other-user",
        hint: expect.stringContaining("otherUsers: true"),
      });
    });

    test("stay what they are on a connection that is kept", async () => {
      await using client = new Client(server.url);
      for (let i = 0; i < 5; i++) {
        expect((await client.ask({ uid: OTHER, path: "/api/ping", keep: i < 4 })).status).toBe(403);
      }
      for (let i = 0; i < 5; i++) {
        expect((await client.ask({ uid: 0, path: "/api/ping", keep: i < 4 })).status).toBe(200);
      }
    });

    test("don't inherit the rights of the connection that had their port before", async () => {
      await using client = new Client(server.url);
      const { from } = await client.ask({ uid: 0, path: "/api/ping", keep: true });
      expect(await client.ask({ uid: 0, path: "/api/ping", reset: true })).toMatchObject({ status: 200 });
      for (let i = 0; i < 20; i++) {
        const other = await client.ask({ uid: OTHER, path: "/api/ping", from, reset: true });
        expect(other).toMatchObject({ status: 403, from });
        const own = await client.ask({ uid: 0, path: "/api/ping", from, reset: true });
        expect(own).toMatchObject({ status: 200, from });
      }
    });

    test("change nothing for the owner's socket", async () => {
      const answer = await asOwner(server, "/api/read_data", {
        body: { data_source: { type: "csv", filename: "in.csv" } },
      });
      expect(answer.status).toBe(200);
    });

    test("are all but that user and root, where the server's user is not root", async () => {
      const unprivileged = await startServer(target, { user: OTHER });
      try {
        await using client = new Client(unprivileged.url);
        expect((await client.ask({ uid: OTHER, path: "/api/status" })).status).toBe(200);
        expect((await client.ask({ uid: 0, path: "/api/status" })).status).toBe(200);
        const third = await client.ask({ uid: OTHER - 1, path: "/api/status" });
        expect(third).toMatchObject({ status: 403, text: expect.stringContaining("other-user") });
      } finally {
        await unprivileged.stop();
      }
    });

    test("may connect with the token where there is one", async () => {
      const guarded = await startServer(target, { env: { HEARTH_TOKEN: "t".repeat(32) } });
      try {
        await using client = new Client(guarded.url);
        const headers = { authorization: `Bearer ${"t".repeat(32)}` };
        expect((await client.ask({ uid: OTHER, path: "/api/status", headers })).status).toBe(200);
        expect((await client.ask({ uid: OTHER, path: "/api/status" })).status).toBe(401);
      } finally {
        await guarded.stop();
      }
    });

    test("may connect where the config says `otherUsers: true`", async () => {
      const open = await startServer(target, { env: { HEARTH_OTHER_USERS: "true" } });
      try {
        await using client = new Client(open.url);
        expect((await client.ask({ uid: OTHER, path: "/api/status" })).status).toBe(200);
      } finally {
        await open.stop();
      }
    });
  },
);
