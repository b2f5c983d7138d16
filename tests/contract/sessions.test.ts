import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Machine } from "../support/machine.ts";
import { createPlace, type Place } from "../support/place.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { asOwner, errorOf } from "./support.ts";

const GRADES = `
input: {type: csv, filename: people.csv, directory: ., index: name}
output: {type: csv, filename: grades.csv, directory: ., index: name, columns: [grade]}
`;
const PEOPLE = `name,age\n${Array.from({ length: 200 }, (_, i) => `p${i},${i}\n`).join("")}`;

/** A session over HTTP, as any client has it. */
class HttpSession {
  readonly #server: TestServer;
  readonly id: string;

  constructor(server: TestServer, id: string) {
    this.#server = server;
    this.id = id;
  }

  static async make(server: TestServer, body: object = {}): Promise<HttpSession> {
    const response = await server.post("/api/sessions", { interface_file: "grades.yml", ...body });
    const { session } = (await response.json()) as { session: { session_id: string } };
    return new HttpSession(server, session.session_id);
  }

  post(operation: string, body: object = {}): Promise<Response> {
    return this.#server.post(`/api/sessions/${this.id}/${operation}`, body);
  }

  async value(index: string): Promise<unknown> {
    const answer = await this.post("get_value_at", { index, column: "grade" });
    return ((await answer.json()) as { value: unknown }).value;
  }
}

describe.each(TARGETS)("sessions on %s", (target) => {
  let server: TestServer;
  let place: Place;
  beforeAll(async () => {
    place = createPlace();
    place.write("grades.yml", GRADES);
    place.write("people.csv", PEOPLE);
    server = await startServer(target, { place });
  });
  afterAll(async () => {
    await server.stop();
    place.remove();
  });

  test("of many clients at once do not disturb one another", async () => {
    const work = async (client: number) => {
      const session = await HttpSession.make(server);
      for (let i = client; i < 200; i += 20) {
        await session.post("set_index", { index: `p${i}` });
        await session.post("set_column", { column: "age" });
        const age = await session.post("get_value");
        expect(await age.json()).toEqual({ status: "success", value: i });
        await session.post("set_column", { column: "grade" });
        await session.post("set_value", { value: client * 1000 + i });
        const index = await session.post("get_index");
        expect(await index.json()).toEqual({ status: "success", index: `p${i}` });
      }
      expect(await session.value(`p${client}`)).toBe(client * 1000 + client);
      expect(await session.value(`p${client + 1}`)).toBeNull();
      return session;
    };
    const sessions = await Promise.all(Array.from({ length: 10 }, (_, client) => work(client)));
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(10);
    await Promise.all(
      sessions.map(({ id }) => fetch(`${server.url}/api/sessions/${id}`, { method: "DELETE" })),
    );
  });

  test("have every acknowledged change after the server was killed while they were written", async () => {
    const acknowledged = new Map<HttpSession, Map<string, number>>();
    let total = 0;
    const killed = Promise.withResolvers<void>();
    const write = async (session: HttpSession) => {
      const values = new Map<string, number>();
      acknowledged.set(session, values);
      for (let i = 0; i < 10_000; i += 1) {
        const index = `p${i % 200}`;
        const answer = await session
          .post("set_value_at", { index, column: "grade", value: i })
          .catch(() => undefined);
        if (answer?.status !== 200) return;
        values.set(index, i);
        total += 1;
        if (total === 400) {
          server.signal("SIGKILL");
          killed.resolve();
        }
      }
    };
    const sessions = await Promise.all(Array.from({ length: 4 }, () => HttpSession.make(server)));
    await Promise.all([...sessions.map(write), killed.promise]);
    await server.exited;
    server = await startServer(target, { place });
    for (const [{ id }, values] of acknowledged) {
      const session = new HttpSession(server, id);
      for (const [index, value] of values) {
        // The one write that was on its way may be there too: nobody was told.
        expect([value, value + 200]).toContain(Number(await session.value(index)));
      }
      await fetch(`${server.url}/api/sessions/${id}`, { method: "DELETE" });
    }
  }, 60_000);

  test("of the owner are seen by nobody else", async () => {
    const made = await asOwner(server, "/api/sessions", { body: { interface_file: "grades.yml" } });
    const { session } = (await made.json()) as { session: { session_id: string; made_by: string } };
    expect(session.made_by).toBe("owner");
    const answer = await server.get(`/api/sessions/${session.session_id}`);
    expect(await errorOf(answer)).toMatchObject({ httpStatus: 404, code: "session-unknown" });
    const list = (await (await server.get("/api/sessions")).json()) as { total_sessions: number };
    expect(list.total_sessions).toBe(0);
    const shared = join(place.home, ".lynguine", "sessions", "sessions.json");
    expect(readFileSync(shared, "utf8")).not.toContain(session.session_id);
    expect(readFileSync(shared, "utf8")).toContain('"sessions":[]');
  });

  test("are saved to the files of their interface on request alone", async () => {
    const session = await HttpSession.make(server);
    await session.post("set_value_at", { index: "p3", column: "grade", value: "good" });
    expect(existsSync(join(place.data, "grades.csv"))).toBeFalse();
    const saved = (await (await session.post("save")).json()) as { saved: unknown[] };
    expect(saved.saved).toEqual([{ section: "output", path: "./grades.csv", rows: 200, bytes: 1105 }]);
    expect(readFileSync(join(place.data, "grades.csv"), "utf8")).toContain("p3,good\n");
    const table = await server.get(`/api/sessions/${session.id}/table?format=csv`);
    expect(await table.text()).toContain("p3,3,good\n");
  });

  test("answer what they are asked wrongly", async () => {
    const session = await HttpSession.make(server);
    const fault = async (operation: string, body: object) => errorOf(await session.post(operation, body));
    expect(await fault("set_indx", {})).toMatchObject({ httpStatus: 400, hint: 'Did you mean "set_index"?' });
    expect(await fault("set_index", {})).toMatchObject({
      httpStatus: 400,
      error_message: "Missing required parameter: index",
    });
    expect(await fault("set_column", { column: 5 })).toMatchObject({ httpStatus: 400 });
    expect(await fault("set_value", { value: 1 })).toMatchObject({ httpStatus: 404, error_type: "KeyError" });
    const timeout = await server.post("/api/sessions", { interface_file: "grades.yml", timeout: -1 });
    expect(await errorOf(timeout)).toMatchObject({ httpStatus: 400, code: "request-invalid" });
    const outside = await server.post("/api/sessions", { interface_file: "../x.yml" });
    expect(await errorOf(outside)).toMatchObject({ httpStatus: 403, code: "path-outside" });
  });
});

describe.each(TARGETS)("hearth session on %s", (target) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.create(target);
    machine.place.write("sub/people.csv", "name,age\nann,1\n2,5\n");
    machine.place.write("sub/grades.yml", GRADES);
    machine.place.write("named.yml", GRADES.replaceAll("directory: .", "directory: $PLACE"));
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  const session = (...args: string[]) =>
    machine.run(["session", ...args], { cwd: join(machine.place.data, "sub") });

  test("makes, lists, reads, writes, exports, saves and ends one", async () => {
    const id = (await session("create", "grades.yml")).stdout.trim();
    const start = id.slice(0, 6);
    expect(JSON.parse((await session("list", "--json")).stdout)).toMatchObject([{ id, rows: 2, columns: 2 }]);
    expect((await session("show", start)).stdout).toContain("columns:   age, grade\n");
    expect(await session("set", start, "A", "--index", "ann", "--column", "grade")).toMatchObject({
      exitCode: 0,
    });
    // The labels are texts, since one of them is; a number that is typed is found all the same.
    expect(await session("set", start, "1.5", "-i", "2", "-c", "grade")).toMatchObject({ exitCode: 0 });
    await machine.kill();
    expect((await session("get", start, "-i", "ann", "-c", "grade")).stdout).toBe("A\n");
    expect((await session("get", start, "-i", "ann", "-c", "grade", "--json")).stdout).toBe('"A"\n');
    expect((await session("export", start, "--format", "csv")).stdout).toBe(
      "name,age,grade\nann,1,A\n2,5,1.5\n",
    );
    expect((await session("save", start)).exitCode).toBe(0);
    expect(readFileSync(join(machine.place.data, "sub", "grades.csv"), "utf8")).toBe(
      "name,grade\nann,A\n2,1.5\n",
    );
    const missing = await session("get", start, "-i", "zoe", "-c", "grade");
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('"zoe" not found') });
    expect((await session("set", start, "x", "-c", "age")).exitCode).toBe(1);
    expect((await session("delete", start)).exitCode).toBe(0);
    expect((await session("show", start)).exitCode).toBe(1);
  });

  test("knows the caller's variables, also after the server was killed", async () => {
    const there = (...args: string[]) => machine.run(["session", ...args], { env: { PLACE: "sub" } });
    machine.place.write("sub/grades.csv", "name,grade\nann,B\n");
    const id = (await there("create", "named.yml")).stdout.trim();
    expect(JSON.parse((await there("list", "--json")).stdout)).toHaveLength(1);
    await machine.kill();
    expect((await there("get", id, "-i", "ann", "-c", "grade")).stdout).toBe("B\n");
    expect((await there("delete", id)).exitCode).toBe(0);
  });
});
