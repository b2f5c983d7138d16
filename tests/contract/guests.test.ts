import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { asOwner, errorOf, read, tableOf } from "./support.ts";
import { until } from "../support/until.ts";

describe.each(TARGETS)("who is asking on %s", (target) => {
  let server: TestServer;
  let outside: string;
  beforeAll(async () => {
    server = await startServer(target, {
      env: { PLACE: "sub", SECRET_PLACE: "sub", MY_API_KEY: "sub", HEARTH_TEST_PLACE: "sub" },
    });
    const { place } = server;
    outside = join(place.data, "..", "outside");
    place.write("in.csv", "v\n1\n");
    place.write("sub/deep.csv", "v\n2\n");
    place.write("../outside/out.csv", "v\n3\n");
    symlinkSync("sub/deep.csv", join(place.data, "link-inside.csv"));
    symlinkSync("../outside/out.csv", join(place.data, "link-outside.csv"));
    symlinkSync("../outside", join(place.data, "folder-outside"));
    symlinkSync("../outside/not-there.csv", join(place.data, "link-dangling.csv"));
  });
  afterAll(() => server.stop());

  const guest = (source: object) => read(server, { type: "csv", ...source });
  const owner = (source: object, init: { directory?: string; headers?: Record<string, string> } = {}) =>
    asOwner(server, "/api/read_data", { body: { data_source: { type: "csv", ...source } }, ...init });
  const valueOf = async (response: Response) => (await tableOf(response)).records[0]?.["v"];

  describe("by TCP", () => {
    test.each(["in.csv", "./in.csv", "sub/../in.csv", "sub//deep.csv", "link-inside.csv"])(
      "%s below the root is read",
      async (filename) => {
        expect([1, 2]).toContain(Number(await valueOf(await guest({ filename }))));
      },
    );

    test("an absolute path below the root is read", async () => {
      expect(await valueOf(await guest({ filename: join(server.place.data, "in.csv") }))).toBe(1);
    });

    test.each([
      "../outside/out.csv",
      "sub/../../outside/out.csv",
      "/etc/passwd",
      "//etc/passwd",
      "/proc/self/environ",
      "link-outside.csv",
      "folder-outside/out.csv",
      "folder-outside/../in-not.csv/../../outside/out.csv",
      "link-dangling.csv",
    ])("%s is refused, whether it exists or not", async (filename) => {
      const error = await errorOf(await guest({ filename }));
      expect(error).toMatchObject({ httpStatus: 403, code: "path-outside", error_type: "PathEscapeError" });
      expect(error.error_message).toContain(`"${filename}"`);
      expect(error.error_message).not.toContain(server.place.home);
    });

    test.each(["%2e%2e/outside/out.csv", "..%2foutside%2fout.csv", "in.csv\0.txt", "", "."])(
      "the odd name %o is refused without an escape",
      async (filename) => {
        const { httpStatus } = await errorOf(await guest({ filename }));
        expect([400, 403, 404, 422]).toContain(httpStatus);
      },
    );

    test("a list tells of absolute files what lynguine tells: the server's directory, and the rest", async () => {
      server.place.write("sub/one.json", '{"a":1}');
      const { data } = server.place;
      const list = async (base: string | undefined, filename: string) => {
        const source = {
          type: "list",
          filename: [filename],
          ...(base === undefined ? {} : { base_directory: base }),
        };
        const [row] = (await tableOf(await read(server, source))).records;
        return [
          String(row?.["sourceRoot"]).endsWith("/data") || row?.["sourceRoot"],
          row?.["sourceDirectory"],
        ];
      };
      expect(await list(join(data, "sub"), "one.json")).toEqual([true, "sub"]);
      expect(await list(data, "sub/one.json")).toEqual([true, "sub"]);
      expect(await list(undefined, join(data, "sub/one.json"))).toEqual([true, "sub"]);
      expect(await list("sub", "one.json")).toEqual(["", "sub"]);
      expect(await list(undefined, "sub/one.json")).toEqual(["", "sub"]);
    });

    test("a directory parameter leads no further than the root", async () => {
      expect(await valueOf(await guest({ filename: "deep.csv", directory: "sub" }))).toBe(2);
      expect(await errorOf(await guest({ filename: "out.csv", directory: "../outside" }))).toMatchObject({
        code: "path-outside",
      });
    });

    test.each([
      "../outside/new.csv",
      "folder-outside/new.csv",
      "link-dangling.csv",
      "/tmp/hearth-escape.csv",
    ])("writing to %s is refused", async (filename) => {
      const output = { type: "csv", filename };
      const response = await server.post("/api/write_data", { data: { records: [{ a: 1 }] }, output });
      expect(await errorOf(response)).toMatchObject({ httpStatus: 403, code: "path-outside" });
      expect(readdirSync(outside)).toEqual(["out.csv"]);
      expect(existsSync("/tmp/hearth-escape.csv")).toBeFalse();
    });

    test("allowed_roots narrows what may be read, and never widens it", async () => {
      expect(await valueOf(await guest({ filename: "sub/deep.csv", allowed_roots: ["sub"] }))).toBe(2);
      expect(await errorOf(await guest({ filename: "in.csv", allowed_roots: ["sub"] }))).toMatchObject({
        httpStatus: 403,
        code: "path-outside",
      });
      expect(
        await errorOf(await guest({ filename: "../outside/out.csv", allowed_roots: [outside, "/"] })),
      ).toMatchObject({ httpStatus: 403, code: "path-outside" });
    });

    test("$NAME in a directory is the server's variable", async () => {
      expect(await valueOf(await guest({ filename: "deep.csv", directory: "$PLACE" }))).toBe(2);
      expect(await valueOf(await guest({ filename: "deep.csv", directory: "./${PLACE}" }))).toBe(2);
    });

    test.each(["SECRET_PLACE", "MY_API_KEY", "HEARTH_TEST_PLACE", "NOT_SET"])(
      "$%s stays as written",
      async (name) => {
        const error = await errorOf(await guest({ filename: "deep.csv", directory: `$${name}` }));
        expect(error).toMatchObject({ httpStatus: 404, code: "file-not-found" });
        expect(error.error_message).toContain(`$${name}`);
      },
    );

    test("headers that describe an owner's place change nothing", async () => {
      const response = await read(server, { type: "csv", filename: "out.csv" }, "", {
        "x-hearth-directory": encodeURIComponent(outside),
        "x-hearth-environment": encodeURIComponent('{"PLACE":"../outside"}'),
      });
      expect(await errorOf(response)).toMatchObject({ httpStatus: 404, code: "file-not-found" });
    });

    test.each([
      ["POST", "/api/control/roots"],
      ["POST", "/api/control/reload"],
      ["GET", "/api/config"],
    ])("%s %s is the owner's alone", async (method, path) => {
      const body = method === "POST" ? '{"roots":["/"]}' : undefined;
      const response = await fetch(server.url + path, { method, body });
      expect(await errorOf(response)).toMatchObject({ httpStatus: 403, code: "owner-only" });
    });
  });

  describe("through the owner's socket", () => {
    test("relative paths start from the caller's folder, and lead anywhere", async () => {
      expect(await valueOf(await owner({ filename: "../outside/out.csv" }))).toBe(3);
      expect(await valueOf(await owner({ filename: "out.csv" }, { directory: outside }))).toBe(3);
      expect(await valueOf(await owner({ filename: "link-outside.csv" }))).toBe(3);
    });

    test("absolute paths outside every root are read", async () => {
      expect(await valueOf(await owner({ filename: join(outside, "out.csv") }))).toBe(3);
    });

    test("$NAME is the caller's, not the server's", async () => {
      const headers = {
        "x-hearth-environment": encodeURIComponent(
          JSON.stringify({ PLACE: "../outside", MY_API_KEY: "sub" }),
        ),
      };
      expect(await valueOf(await owner({ filename: "out.csv", directory: "$PLACE" }, { headers }))).toBe(3);
      expect(
        await valueOf(await owner({ filename: "deep.csv", directory: "$MY_API_KEY" }, { headers })),
      ).toBe(2);
      expect(await errorOf(await owner({ filename: "deep.csv", directory: "$PLACE" }))).toMatchObject({
        code: "file-not-found",
      });
    });

    test("what one caller read is not given to the other", async () => {
      expect(await valueOf(await owner({ filename: join(outside, "out.csv") }))).toBe(3);
      expect(await errorOf(await guest({ filename: join(outside, "out.csv") }))).toMatchObject({
        code: "path-outside",
      });
    });

    test("a new file gets the mode that the caller's umask gives", async () => {
      const response = await asOwner(server, "/api/write_data", {
        body: { data: { records: [{ a: 1 }] }, output: { type: "csv", filename: "private.csv" } },
        headers: { "x-hearth-umask": "077" },
      });
      expect(response.status).toBe(200);
      expect(statSync(join(server.place.data, "private.csv")).mode & 0o777).toBe(0o600);
    });

    test("the config is shown, and a root is added in place", async () => {
      const config = (await (await asOwner(server, "/api/config")).json()) as { status: string };
      expect(config.status).toBe("success");
      mkdirSync(join(server.place.data, "..", "more"));
      server.place.write("../more/m.csv", "v\n4\n");
      expect(await errorOf(await guest({ filename: "../more/m.csv" }))).toMatchObject({
        code: "path-outside",
      });
      const added = await asOwner(server, "/api/control/roots", { body: { roots: ["../more"] } });
      expect(added.status).toBe(200);
      expect(await valueOf(await guest({ filename: "../more/m.csv" }))).toBe(4);
    });

    test("a secret of the caller reaches neither answers nor the log", async () => {
      const headers = { "x-hearth-environment": encodeURIComponent('{"PASSWORD_DIR":"hunter2"}') };
      const error = await errorOf(
        await owner({ filename: "x.csv", directory: "$PASSWORD_DIR" }, { headers }),
      );
      expect(JSON.stringify(error)).not.toContain("hunter2");
      const instances = join(server.place.env["HEARTH_STATE_DIR"] ?? "", "instances");
      const [instance = ""] = readdirSync(instances);
      const log = join(instances, instance, "log");
      const lines = () => (existsSync(log) ? readFileSync(log, "utf8") : "");
      await until("the request is in the log", () => lines().includes(error.request_id));
      expect(lines()).not.toContain("hunter2");
    });
  });
});

describe.each(TARGETS)("hearth's own files on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target, { args: ["--root", ".."] });
    server.place.write("../outside/out.csv", "v\n3\n");
  });
  afterAll(() => server.stop());

  test("a named root opens what lies below it", async () => {
    expect(
      (await tableOf(await read(server, { type: "csv", filename: "../outside/out.csv" }))).shape,
    ).toEqual([1, 1]);
  });

  test("the state folder stays closed, also below a root, for reading and writing", async () => {
    const state = server.place.env["HEARTH_STATE_DIR"] ?? "";
    const [instance = ""] = readdirSync(join(state, "instances"));
    for (const filename of [`instances/${instance}/record.json`, `instances/${instance}/log`, "new.json"]) {
      const path = join(state, filename);
      expect(await errorOf(await read(server, { type: "json", filename: path }))).toMatchObject({
        httpStatus: 403,
        code: "path-protected",
      });
      const output = { type: "json", filename: path };
      const response = await server.post("/api/write_data", { data: { records: [{ a: 1 }] }, output });
      expect(await errorOf(response)).toMatchObject({ httpStatus: 403, code: "path-protected" });
    }
    expect(existsSync(join(state, "new.json"))).toBeFalse();
  });
});
