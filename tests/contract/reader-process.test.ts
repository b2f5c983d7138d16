import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Bomb, READER_BOMBS } from "../support/bombs.ts";
import { childrenWith, hasWorked } from "../support/child-processes.ts";
import { isGone, signal } from "../support/machine.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { errorOf, read, tableOf } from "./support.ts";

const LIMITS = ["--read-memory", "400MB", "--read-timeout", "3s"];

/** For tests that end a read themselves, before its memory or time is used up. */
const PATIENT = ["--read-timeout", "10m", "--read-memory", "4GB"];

/** What a file may be answered with that can't be read within the limits. */
const CODES = ["data-too-large", "read-timeout", "data-invalid"];

/** Hundredths of a second: a process that has worked so long has started, and reads. */
const STARTED = 100;

/** Takes far longer to read than any test waits. */
const SLOW = READER_BOMBS.find(({ name }) => name === "stars.md") as Bomb;

/** Takes far more memory than there is. */
const LARGE = READER_BOMBS.find(({ name }) => name === "texts.xlsx") as Bomb;

describe.each(TARGETS)("security: reader processes on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target, { args: LIMITS });
    place(server);
    server.place.write("t.csv", "v\n1\n2\n");
    for (const { name, make } of READER_BOMBS) server.place.write(name, make());
  });
  afterAll(() => server.stop());

  const place = (to: TestServer) => {
    to.place.write("ok.bib", "@book{k, title = {T}, year = 2020}\n");
    to.place.write(SLOW.name, SLOW.make());
  };
  const readers = () => childrenWith(server.pid, "--reader");
  const bomb = ({ name, source }: Bomb, of = server) =>
    read(of, { ...source, filename: source["type"] === "list" ? [name] : name });
  const bibliography = (of = server) => read(of, { type: "auto", filename: "ok.bib" });

  test("start with the first file that needs one, not for small plain files", async () => {
    server.place.write("small.yaml", "- {a: 1}\n- {a: 2}\n");
    server.place.write("small.md", "---\ntitle: T\n---\ntext\n");
    server.place.write("small.json", '[{"a":1}]');
    for (const filename of ["small.yaml", "small.md", "small.json", "t.csv"])
      expect((await read(server, { type: "auto", filename })).status).toBe(200);
    expect(readers()).toEqual([]);
    expect((await tableOf(await bibliography())).records).toHaveLength(1);
    expect(readers()).toHaveLength(1);
  });

  test.each(READER_BOMBS.map((each) => [each.name, each] as const))(
    "%s is answered, and neither the server nor its other clients notice",
    async (_, each) => {
      const answered = bomb(each);
      let response: Response | undefined;
      while (response === undefined) {
        const ping = server.get("/api/health");
        response = await Promise.race([answered, ping.then(() => undefined)]);
        const health = (await (await ping).json()) as { hearth: { pid: number } };
        expect(health.hearth.pid).toBe(server.pid);
      }
      if (response.status === 200) await response.arrayBuffer();
      else expect(CODES).toContain((await errorOf(response)).code);
      expect((await tableOf(await bibliography())).records).toHaveLength(1);
    },
  );

  test("a file that takes too long is a read-timeout", async () => {
    const hasty = await startServer(target, { args: ["--read-timeout", "1s", "--read-memory", "4GB"] });
    try {
      place(hasty);
      expect(await errorOf(await bomb(SLOW, hasty))).toMatchObject({ httpStatus: 422, code: "read-timeout" });
    } finally {
      await hasty.stop();
    }
  });

  test("one that takes too much memory is data-too-large, and names the setting", async () => {
    const small = await startServer(target, { args: ["--read-timeout", "10m", "--read-memory", "250MB"] });
    try {
      small.place.write(LARGE.name, LARGE.make());
      const error = await errorOf(await bomb(LARGE, small));
      expect(error).toMatchObject({ httpStatus: 422, code: "data-too-large" });
      expect(error.hint).toContain("readMemory");
    } finally {
      await small.stop();
    }
  });

  test("a second process serves others while the first is busy", async () => {
    const slow = bomb(SLOW);
    await until("the slow file is being read", () => readers().length > 0);
    server.place.write("second.bib", "@book{k, title = {T}}\n");
    const second = await read(server, { type: "auto", filename: "second.bib" });
    expect((await tableOf(second)).records).toHaveLength(1);
    expect(CODES).toContain((await errorOf(await slow)).code);
  });

  test("a client that leaves ends its read", async () => {
    const patient = await startServer(target, { args: PATIENT });
    place(patient);
    try {
      const controller = new AbortController();
      const left = fetch(`${patient.url}/api/read_data`, {
        method: "POST",
        body: JSON.stringify({ data_source: { ...SLOW.source, filename: SLOW.name } }),
        signal: controller.signal,
      }).catch(() => "left");
      const own = () => childrenWith(patient.pid, "--reader");
      await until("the file is being read", () => own().some((pid) => hasWorked(pid, STARTED)));
      const [busy = 0] = own();
      controller.abort();
      expect(await left).toBe("left");
      await until("its process is gone", () => isGone(busy));
      expect((await tableOf(await bibliography(patient))).records).toHaveLength(1);
    } finally {
      await patient.stop();
    }
  });

  test("a read whose process is killed is repeated once, then it says so", async () => {
    const patient = await startServer(target, { args: PATIENT });
    place(patient);
    try {
      const own = () => childrenWith(patient.pid, "--reader");
      const answered = bomb(SLOW, patient);
      await until("the file is being read", () => own().some((pid) => hasWorked(pid, STARTED)));
      const [first = 0] = own();
      signal(first, "SIGKILL");
      await until("another process reads it", () =>
        own().some((pid) => pid !== first && hasWorked(pid, STARTED)),
      );
      for (const pid of own()) signal(pid, "SIGKILL");
      expect(await errorOf(await answered)).toMatchObject({ httpStatus: 422, code: "data-too-large" });
      expect((await tableOf(await bibliography(patient))).records).toHaveLength(1);
    } finally {
      await patient.stop();
    }
  });

  test("end with the server, also when that is killed", async () => {
    const other = await startServer(target);
    place(other);
    await bibliography(other);
    const [reader = 0] = childrenWith(other.pid, "--reader");
    expect(reader).toBeGreaterThan(0);
    other.signal("SIGKILL");
    await until("the reader process is gone", () => isGone(reader));
    await other.stop();
  });

  test("a kept table is not read again, and a changed file is", async () => {
    server.place.write("kept.bib", "@book{k, title = {One}}\n");
    const titles = async () =>
      (await tableOf(await read(server, { type: "bibtex", filename: "kept.bib" }))).records.map(
        ({ title }) => title,
      );
    expect(await titles()).toEqual(["One"]);
    expect(await titles()).toEqual(["One"]);
    server.place.write("kept.bib", "@book{k, title = {Two}}\n");
    expect(await titles()).toEqual(["Two"]);
  });

  test("a directory's files are read as the caller may, however many there are", async () => {
    mkdirSync(join(server.place.data, "many"), { recursive: true });
    for (let i = 0; i < 400; i += 1) server.place.write(`many/f${i}.yml`, `n: ${i}\n`);
    const table = await tableOf(
      await read(server, { type: "yaml_directory", source: { directory: "many" } }),
    );
    expect(table.shape).toEqual([400, 4]);
    const outside = await read(server, { type: "bibtex_directory", source: { directory: "/etc" } });
    expect(await errorOf(outside)).toMatchObject({ httpStatus: 403, code: "path-outside" });
  });

  test("an upload is read there too", async () => {
    const body = new Uint8Array(SLOW.make());
    const response = await fetch(`${server.url}/api/read_data?type=markdown`, { method: "POST", body });
    expect(CODES).toContain((await errorOf(response)).code);
  });

  test("an interface with aliases of aliases is answered within its limits", async () => {
    const response = await server.post("/api/interface/read", {
      interface_file: "merges.yaml",
      field: "a0",
    });
    expect(CODES).toContain((await errorOf(response)).code);
    server.place.write("talk.md", `---\n${"* ".repeat(20_000)}\n---\ntext\n`);
    const fields = await server.post("/api/talk/fields", { markdown_file: "talk.md", fields: ["title"] });
    expect(fields.status).toBeLessThan(500);
    expect((await server.get("/api/health")).status).toBe(200);
  });
});
