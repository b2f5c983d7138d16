import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createPlace } from "../support/place.ts";
import { run } from "../support/run.ts";
import { startServer } from "../support/server.ts";
import type { TestServer } from "../support/server.ts";
import { hearthCommand, TARGETS } from "../support/targets.ts";

const CONFIG = `
compute:
  modules: [fns/main.mjs]
models:
  m:
    cmd: ./serve.sh --port \${PORT} --settings extra/settings.yaml
`;

async function codeOf(answer: Promise<Response>): Promise<string> {
  const { code, status } = (await (await answer).json()) as { code?: string; status: string };
  return code ?? status;
}

describe.each(TARGETS)("security: what guests may write, on %s", (target) => {
  const place = createPlace();
  let server: TestServer;

  const write = (filename: string, more: object = {}) =>
    codeOf(
      server.post("/api/write_data", {
        data: { records: [{ a: 1 }] },
        output: { type: "csv", filename, ...more },
      }),
    );

  beforeAll(async () => {
    place.write("hearth.yaml", CONFIG);
    place.write(
      "fns/main.mjs",
      'import { rate } from "./rate.mjs";\nexport const twice = (x) => x * rate;\n',
    );
    place.write(
      "fns/rate.mjs",
      'import table from "./table.json" with { type: "json" };\nexport const rate = table.rate;\n',
    );
    place.write("fns/table.json", '{"rate": 2}');
    place.write("serve.sh", "#!/bin/sh\n");
    place.write("extra/settings.yaml", "a: 1\n");
    mkdirSync(join(place.data, ".git"));
    await run([...hearthCommand(target), "trust"], { cwd: place.data, env: place.env });
    server = await startServer(target, { place });
  });
  afterAll(async () => {
    await server.stop();
    place.remove();
  });

  test("data, and no program, hidden file or file of a tool", async () => {
    expect(await write("out.csv")).toBe("success");
    const config = { header: false, quotechar: " ", delimiter: "=" };
    for (const name of [".git/config", "package.json", "Makefile", "conftest.py", ".envrc", "run.sh"]) {
      expect([name, await write(name, config)]).toEqual([name, "write-refused"]);
      expect(existsSync(join(place.data, name))).toBe(false);
    }
    place.write("tool.csv", "x");
    chmodSync(join(place.data, "tool.csv"), 0o755);
    expect(await write("tool.csv")).toBe("write-refused");
  });

  test("no file that the trusted config names, or that its modules import", async () => {
    for (const name of ["extra/settings.yaml", "fns/table.json", "serve.sh", "fns/rate.mjs"]) {
      const before = readFileSync(join(place.data, name), "utf8");
      expect([name, await write(name)]).toEqual([name, "write-refused"]);
      expect(readFileSync(join(place.data, name), "utf8")).toBe(before);
    }
    expect(await write("hearth.yaml")).toBe("path-protected");
  });

  test("the same for a folder's files and for a converted upload", async () => {
    const rows = [{ sourceRoot: ".", sourceDirectory: ".hidden", sourceFilename: "a.json", a: 1 }];
    const answer = server.post("/api/write_data", {
      data: { records: rows },
      output: { type: "json_directory" },
    });
    expect(await codeOf(answer)).toBe("write-refused");
    expect(existsSync(join(place.data, ".hidden"))).toBe(false);
  });

  test("the owner is not bound", async () => {
    const args = ["write", "package.json"];
    const done = await run([...hearthCommand(target), ...args], {
      cwd: place.data,
      env: place.env,
      stdin: '[{"a":1}]',
    });
    expect(done.exitCode).toBe(0);
    expect(existsSync(join(place.data, "package.json"))).toBe(true);
  });

  test("nothing where `guestWrites` is none, and the hint names the setting", async () => {
    const other = await startServer(target, { args: ["--guest-writes", "none"] });
    try {
      const response = await other.post("/api/write_data", {
        data: { records: [{ a: 1 }] },
        output: { type: "csv", filename: "out.csv" },
      });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({
        code: "write-refused",
        hint: expect.stringContaining("guestWrites"),
      });
    } finally {
      await other.stop();
    }
  });

  test("every file where `guestWrites` is any", async () => {
    const other = await startServer(target, { args: ["--guest-writes", "any"] });
    try {
      const answer = other.post("/api/write_data", {
        data: { records: [{ a: 1 }] },
        output: { type: "csv", filename: "run.sh" },
      });
      expect(await codeOf(answer)).toBe("success");
    } finally {
      await other.stop();
    }
  });
});
