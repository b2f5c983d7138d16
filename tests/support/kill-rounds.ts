import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "bun:test";
import { CITIES, CITIES_JSON, Machine, signal, statFields } from "./machine.ts";
import { createPlace } from "./place.ts";
import { startServer } from "./server.ts";
import { until } from "./until.ts";
import type { Target } from "./targets.ts";

/** Kills every server after so many milliseconds, wherever it is then. */
async function killAfter(machine: Machine, delayMs: number): Promise<void> {
  await Bun.sleep(delayMs);
  for (const pid of machine.servers()) signal(pid, "SIGKILL");
}

async function isWell(machine: Machine): Promise<void> {
  const { exitCode, stdout } = await machine.run(["read", "cities.csv"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: CITIES_JSON });
  await until("one server is left", () => machine.servers().length === 1);
}

/** A server killed while it starts: its client is told or answered, and the next one is served. */
export async function killWhileStarting(target: Target, rounds: number): Promise<void> {
  await using machine = await Machine.create(target);
  const startMs = await startTime(machine);
  for (let round = 0; round < rounds; round++) {
    await machine.kill();
    const client = machine.run(["ping"]);
    await killAfter(machine, Math.random() * startMs * 1.5);
    const { exitCode, stdout, stderr } = await client;
    if (exitCode === 0) expect(stdout).toBe("pong\n");
    else expect(stderr).toMatch(/^hearth: The (server|connection)/m);
    await isWell(machine);
  }
}

/** A server killed while it writes: the target is the old file or the new one, and what the client says of it is true. */
export async function killWhileWriting(target: Target, rounds: number): Promise<void> {
  await using machine = await Machine.create(target);
  const path = join(machine.place.data, "target.csv");
  const rows = (version: number) =>
    `version,n\n${Array.from({ length: 40_000 }, (_, n) => `${version},${n}`).join("\n")}\n`;
  machine.place.write("target.csv", CITIES);
  let before = CITIES;
  const writeMs = await startTime(machine);
  for (let round = 0; round < rounds; round++) {
    const after = rows(round);
    const client = machine.run(["write", "target.csv"], { stdin: after });
    await killAfter(machine, Math.random() * writeMs * 1.5);
    const { exitCode } = await client;
    const found = readFileSync(path, "utf8");
    // Not compared by `toBe`, whose message would be megabytes.
    expect(found === after || (exitCode !== 0 && found === before)).toBe(true);
    before = found;
    await isWell(machine);
  }
  expect((await machine.run(["write", "target.csv"], { stdin: CITIES })).exitCode).toBe(0);
  // Whose process is still listed, since init didn't look at it yet, counts as alive and keeps its temp file.
  const names = readdirSync(machine.place.data).filter((name) => !isZombies(name));
  expect(names.sort()).toEqual(["cities.csv", "target.csv"]);
}

const GRADES = `
input: {type: csv, filename: people.csv, directory: ., index: name}
output: {type: csv, filename: grades.csv, directory: ., index: name, columns: [grade]}
`;
const PEOPLE = 20;

/** A server killed while clients change a session: the next server has every change that was acknowledged. */
export async function killWhileChanging(target: Target, rounds: number): Promise<void> {
  const place = createPlace();
  place.write("grades.yml", GRADES);
  place.write("people.csv", `name,age\n${Array.from({ length: PEOPLE }, (_, i) => `p${i},${i}\n`).join("")}`);
  let server = await startServer(target, { place });
  try {
    const made = await server.post("/api/sessions", { interface_file: "grades.yml" });
    const { session } = (await made.json()) as { session: { session_id: string } };
    const ask = async (operation: string, body: object) => {
      const response = await server.post(`/api/sessions/${session.session_id}/${operation}`, body);
      return (await response.json()) as { status: string; value?: unknown };
    };
    const acknowledged = new Map<string, number>();
    let next = 0;
    for (let round = 0; round < rounds; round++) {
      /** The last change of each cell that was sent, whether or not it was acknowledged. */
      const sent = new Map<string, number>();
      const client = async (rows: readonly string[]) => {
        for (;;) {
          for (const index of rows) {
            next += 1;
            const value = next;
            sent.set(index, value);
            const answer = await ask("set_value_at", { index, column: "grade", value }).catch(
              () => undefined,
            );
            if (answer?.status !== "success") return;
            acknowledged.set(index, value);
          }
        }
      };
      const rows = Array.from({ length: PEOPLE }, (_, i) => `p${i}`);
      const clients = [0, 1, 2, 3].map((at) => client(rows.filter((_, row) => row % 4 === at)));
      await Bun.sleep(Math.random() * 60);
      server.signal("SIGKILL");
      await Promise.all([server.exited, ...clients]);
      server = await startServer(target, { place });
      for (const [index, value] of acknowledged) {
        const found = (await ask("get_value_at", { index, column: "grade" })).value as number;
        // A change that was on its way may be there too: its client was not told.
        expect([value, sent.get(index)]).toContain(found);
        acknowledged.set(index, found);
      }
    }
  } finally {
    await server.stop();
    place.remove();
  }
}

/** A server killed around the moment at which it leaves by itself: the next client is served. */
export async function killWhileLeaving(target: Target, rounds: number): Promise<void> {
  await using machine = await Machine.create(target, { HEARTH_IDLE_TIMEOUT: "100ms" });
  for (let round = 0; round < rounds; round++) {
    expect((await machine.run(["read", "cities.csv"])).stdout).toBe(CITIES_JSON);
    await killAfter(machine, 50 + Math.random() * 120);
  }
}

/** Milliseconds that a client takes on this machine now, its server's start included. */
async function startTime(machine: Machine): Promise<number> {
  await machine.kill();
  return (await machine.run(["ping"])).durationMs;
}

function isZombies(name: string): boolean {
  const pid = /^\.hearth-[^-]+-(\d+)-/.exec(name)?.[1];
  return pid !== undefined && statFields(Number(pid))[0] === "Z";
}
