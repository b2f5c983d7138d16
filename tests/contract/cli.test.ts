import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CITIES, CITIES_JSON, Machine } from "../support/machine.ts";
import { freePort } from "../support/ports.ts";
import { hearthCommand, TARGETS } from "../support/targets.ts";

const hasTerminal = Bun.which("script") !== null;

describe.each(TARGETS)("the command line on %s", (target) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.create(target);
    machine.place.write("people.csv", "city,mayor\nTokyo,Koike\nDelhi,Oberoi\n");
    machine.place.write("sub/other.txt", "");
    await machine.run(["ping"]);
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  const inData = (name: string) => join(machine.place.data, name);
  const read = (...args: string[]) => machine.run(["read", ...args]);

  describe("reading", () => {
    test("data goes to stdout as JSON, a record a line, and nothing to stderr", async () => {
      expect(await read("cities.csv")).toMatchObject({ exitCode: 0, stdout: CITIES_JSON, stderr: "" });
      expect((await read("cities.csv", "--json")).stdout).toBe(CITIES_JSON);
    });

    test("from another folder, by relative and absolute paths, the same server answers", async () => {
      const elsewhere = await machine.run(["read", "../cities.csv"], { cwd: inData("sub") });
      expect(elsewhere.stdout).toBe(CITIES_JSON);
      const absolute = await machine.run(["read", inData("cities.csv")], { cwd: "/" });
      expect(absolute.stdout).toBe(CITIES_JSON);
      const variable = await machine.run(["read", "cities.csv", "--option", "directory=$WHERE"], {
        cwd: "/",
        env: { WHERE: machine.place.data },
      });
      expect(variable.stdout).toBe(CITIES_JSON);
      expect(machine.servers().length).toBe(1);
    });

    test("a state folder written relative is one folder for the command and its server", async () => {
      const env = { HEARTH_STATE_DIR: "own-state", HEARTH_PORT: String(await freePort()) };
      expect(await machine.run(["read", "cities.csv"], { env })).toMatchObject({ stdout: CITIES_JSON });
      expect((await machine.run(["status"], { env })).exitCode).toBe(0);
      expect((await machine.run(["stop"], { env })).exitCode).toBe(0);
    });

    test("what can't be meant is refused, or said", async () => {
      const twice = await read("cities.csv", "--source", "data=people.csv", "--sql", "from data");
      expect(twice).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('"data" is cities.csv already'),
      });
      const same = ["--source", "p=people.csv", "--source", "p=cities.csv", "--sql", "from p"];
      expect(await read("cities.csv", ...same)).toMatchObject({ exitCode: 2, stdout: "" });
      const other = ["compute", "select", "cities.csv", "--columns", "city", "--where", "city = 'Tokyo'"];
      expect((await machine.run(other)).stderr).toContain('"select" has no parameter "where"');
      expect(await machine.run(["write", "-", "--input", "cities.csv"])).toMatchObject({ exitCode: 2 });
      const below = await read("cities.csv/x.csv");
      expect(below).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("a part of its path is a file"),
      });
      const full = await machine.bash("hearth read cities.csv > /dev/full");
      expect(full).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("No space left") });
    });

    test("every format, to stdout and to a file whose name tells it", async () => {
      const csv = await read("cities.csv", "--format", "csv");
      expect(csv.stdout).toBe(CITIES);
      const ndjson = await read("cities.csv", "--format", "ndjson", "--limit", "1");
      expect(ndjson.stdout).toBe('{"city":"Tokyo","population":37468000}\n');
      for (const name of [
        "out.csv",
        "out.parquet",
        "out.arrow",
        "out.ndjson",
        "out.csv.gz",
        "out.json.zst",
      ]) {
        const written = await read("cities.csv", "-o", name);
        expect({ name, ...written }).toMatchObject({ exitCode: 0, stdout: "" });
        expect({ name, stdout: (await read(name)).stdout }).toEqual({ name, stdout: CITIES_JSON });
      }
    }, 60_000);

    test("queries: --sql with further sources, --select, --where, --sort, --limit", async () => {
      const joined = await read(
        "cities.csv",
        "--source",
        "people=people.csv",
        "--sql",
        "select mayor, population from data join people using (city) order by mayor",
        "--format",
        "csv",
      );
      expect(joined).toMatchObject({
        exitCode: 0,
        stdout: "mayor,population\nKoike,37468000\nOberoi,28514000\n",
      });
      const chosen = await read(
        "cities.csv",
        "--where",
        "population < 3e7",
        ...words("--select city --sort -city --limit 1 --format csv"),
      );
      expect(chosen.stdout).toBe("city\nShanghai\n");
    });

    test("standard input and a pipe in place of a file, also in a query", async () => {
      expect((await machine.run(["read", "-"], { stdin: CITIES })).stdout).toBe(CITIES_JSON);
      const piped = await machine.bash(
        'hearth read <(cat cities.csv) --where "population > 3e7" --format csv',
      );
      expect(piped).toMatchObject({ exitCode: 0, stdout: "city,population\nTokyo,37468000\n" });
    });

    test("whoever has seen enough may leave: head ends the command quietly", async () => {
      machine.place.write("long.csv", `n\n${Array.from({ length: 200_000 }, (_, n) => n).join("\n")}\n`);
      const seen = await machine.bash("hearth read long.csv | head -3; echo ${PIPESTATUS[0]}");
      expect(seen).toMatchObject({ stdout: '[\n{"n":0},\n{"n":1},\n0\n', stderr: "" });
    });
  });

  describe("writing and computing", () => {
    test("a pipe becomes a file of any format, and comes back the same", async () => {
      for (const name of ["w.parquet", "w.csv", "w.ndjson", "w.csv.gz"]) {
        const written = await machine.run(["write", name, "--json"], { stdin: CITIES });
        expect({ name, ...written }).toMatchObject({ exitCode: 0, stderr: "" });
        expect(JSON.parse(written.stdout)).toMatchObject({ output: name, rows: 3 });
        expect((await read(name, "--format", "csv")).stdout).toBe(CITIES);
      }
      const words = await machine.run(["write", "w.csv", "--input", "cities.csv"]);
      expect(words).toMatchObject({ exitCode: 0, stdout: "", stderr: "Wrote 3 rows to w.csv\n" });
    }, 60_000);

    test("a command's own output is written by a pipe, with the mode that the caller's umask gives", async () => {
      const done = await machine.bash("umask 027; sort cities.csv | hearth write sorted.csv --quiet");
      expect(done).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
      expect(statSync(inData("sorted.csv")).mode & 0o777).toBe(0o640);
    });

    test("operations by their flags and by JSON", async () => {
      const total = await machine.run([
        "compute",
        "aggregate",
        "cities.csv",
        "--measure",
        "total=sum(population)",
        "--format",
        "csv",
      ]);
      expect(total).toMatchObject({ exitCode: 0, stdout: "total\n91564000\n" });
      const sorted = await machine.run(
        ["compute", "sort", "-", "--params", '{"by":["city"],"descending":true}', "--format", "csv"],
        { stdin: CITIES },
      );
      expect(sorted.stdout.split("\n")[1]).toBe("Tokyo,37468000");
      const joined = await machine.run([
        ...words("compute join cities.csv --source people=people.csv --with people"),
        ...words("--on city --how inner -o joined.csv"),
      ]);
      expect(joined).toMatchObject({ exitCode: 0, stdout: "" });
      expect(readFileSync(inData("joined.csv"), "utf8")).toBe(
        "city,population,mayor\nTokyo,37468000,Koike\nDelhi,28514000,Oberoi\n",
      );
    });
  });

  describe("for people", () => {
    test("a table with its count; without rows, its header", async () => {
      const table = await read("cities.csv", "--format", "table", "--limit", "2");
      expect(table.stdout).toBe(
        "city   population\n─────  ──────────\nTokyo    37468000\nDelhi    28514000\n",
      );
      expect(table.stderr).toBe("2 of 3 rows; --all shows all\n");
      const empty = await read("cities.csv", "--where", "population < 0", "--format", "table");
      expect(empty).toMatchObject({
        exitCode: 0,
        stdout: "city  population\n────  ──────────\n",
        stderr: "0 rows\n",
      });
      machine.place.write("header.csv", "a,b\n");
      expect((await read("header.csv", "--format", "table")).stdout).toStartWith("a  b\n");
    });

    test.if(hasTerminal)("on a terminal a table is what one gets, and binary data is refused", async () => {
      const shown = await machine.bash('script -qec "$COMMAND read cities.csv" /dev/null', {
        env: { COMMAND: commandText(target), TERM: "xterm" },
      });
      expect(shown.stdout.replaceAll("\r", "")).toContain("Tokyo       37468000\n");
      expect(shown.stdout).toContain("3 rows");
      const binary = await machine.bash('script -qec "$COMMAND read cities.csv --format parquet" /dev/null', {
        env: { COMMAND: commandText(target), TERM: "xterm" },
      });
      expect(binary).toMatchObject({ exitCode: 2, stdout: expect.stringContaining("binary") });
    });

    test.if(hasTerminal)("on a terminal words have a mark, and no clock", async () => {
      const shown = await machine.bash('script -qec "stty cols 200; $COMMAND start" /dev/null', {
        env: { COMMAND: commandText(target), TERM: "xterm" },
      });
      const lines = shown.stdout.split("\n").map((line) => line.trimEnd());
      expect(lines).toContain(`ℹ It may now be asked for files below ${machine.place.data}`);
    });

    test("completions work in bash", async () => {
      const asked = await machine.bash(
        'source <(hearth completions bash); COMP_WORDS=(hearth sta); COMP_CWORD=1; _hearth; printf "%s\\n" "${COMPREPLY[@]}"',
      );
      expect(asked).toMatchObject({ exitCode: 0, stdout: "start\nstatus\n", stderr: "" });
    });
  });

  describe("what goes wrong is said once, on stderr", () => {
    test("a wrong command line: exit code 2, and the nearest right word", async () => {
      const [unknown, flag, port] = await Promise.all([
        machine.run(["raed", "cities.csv"]),
        read("cities.csv", "--foramt", "csv"),
        machine.run(["ping", "--port", "many"]),
      ]);
      expect(unknown).toMatchObject({
        exitCode: 2,
        stdout: "",
        stderr: expect.stringContaining("hearth read"),
      });
      expect(flag).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining("--format") });
      expect(port).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining('"many"') });
    });

    test("a failed or refused operation: exit code 1, with what to do, and no file half written", async () => {
      const missing = await read("citys.csv");
      expect(missing).toMatchObject({ exitCode: 1, stdout: "" });
      expect(missing.stderr).toStartWith('hearth: No file "citys.csv"');
      const query = await read("cities.csv", "--sql", "select nothing from data", "-o", "never.csv");
      expect(query).toMatchObject({ exitCode: 1, stdout: "" });
      expect(query.stderr).toContain("nothing");
      expect(query.stderr).not.toContain("    at ");
      expect(await Bun.file(inData("never.csv")).exists()).toBe(false);
      const folder = await machine.run(["write", "no/such/folder.csv"], { stdin: CITIES });
      expect(folder).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("no/such/folder.csv") });
    });

    test.each([
      [["read", "people.csv", "--where", "city > 'A' and nope > 1"], "in --where, column 16"],
      [
        [
          "read",
          "people.csv",
          "--where",
          "city name > 1",
          "--sort",
          "city",
          "--format",
          "csv",
          "--limit",
          "3",
        ],
        "in --where, column 6",
      ],
      [["read", "people.csv", "--sort", "city,-nope"], 'No column named "nope" in --sort'],
      [["read", "people.csv", "--select", "city,nope"], 'No column named "nope" in --select'],
      [["read", "people.csv", "--where", "city >"], "the text ends too early in --where, column 7"],
      [["read", "people.csv", "--sql", "select city\nfrom data where nope"], "in --sql, line 2, column 17"],
      [["read", "people.csv", "--sql", "drop table data"], "--sql may only read"],
      [["compute", "filter", "people.csv", "--where", "city = 'A' and nope"], "in --where, column 16"],
      [["compute", "add", "people.csv", "--column", "x=1 + nope"], "in --column x, column 5"],
    ])("SQL: the flag and the place in its text: %j", async (line, place) => {
      const { stderr, stdout } = await machine.run(line as string[]);
      expect(stderr.split("\n")[0]).toContain(place as string);
      expect({ stdout, isNamed: !stderr.includes("params.") }).toEqual({ stdout: "", isNamed: true });
    });

    test.each(["https://example.org/a.csv", "https://example.org/a", "s3://bucket/a.csv"])(
      "a URL in place of a file: %s",
      async (url) => {
        const { exitCode, stderr } = await machine.run(["read", url]);
        expect(exitCode).toBe(1);
        expect(stderr).toContain(`"${url}" is a URL; hearth reads files`);
        expect(stderr).toContain(
          url.startsWith("s3") ? "Download it first" : `curl -sL "${url}" | hearth read -`,
        );
      },
    );

    test("a port that another program holds: who holds it, and what to do", async () => {
      using stranger = Bun.listen({
        hostname: "127.0.0.1",
        port: 0,
        socket: { data: (socket) => void socket.end("?\n") },
      });
      const env = { HEARTH_PORT: String(stranger.port), HEARTH_STATE_DIR: inData("state-2") };
      const refused = await machine.run(["start"], { env });
      expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
      expect(refused.stderr).toContain(`Port ${stranger.port} on 127.0.0.1 is held by another program`);
      expect(refused.stderr).toContain("--port");
    });

    test("a state folder that can't be used: why, and what to do", async () => {
      machine.place.write("a-file", "");
      const shared = inData("shared");
      mkdirSync(shared);
      chmodSync(shared, 0o1777);
      const refusals = await Promise.all([
        machine.run(["ping"], { env: { HEARTH_STATE_DIR: inData("a-file") } }),
        machine.run(["start"], { env: { HEARTH_STATE_DIR: "/proc/nowhere" } }),
        machine.run(["start"], { env: { HEARTH_STATE_DIR: "/tmp" } }),
        machine.run(["serve"], { env: { HEARTH_STATE_DIR: shared } }),
      ]);
      for (const refused of refusals) {
        expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
        expect(refused.stderr).toContain("can't be used");
        expect(refused.stderr).toContain("HEARTH_STATE_DIR");
      }
      chmodSync(shared, 0o755);
      const open = await machine.run(["read", "cities.csv"], { env: { HEARTH_STATE_DIR: shared } });
      expect(open).toMatchObject({ exitCode: 1, stdout: "" });
      expect(open.stderr).toContain("others may enter it (mode 0755)");
      expect(open.stderr).toContain(`chmod 700 ${shared}`);
      expect(readdirSync(shared)).toEqual([]);
    });

    test("no server where none may be started: exit code 3", async () => {
      const env = { HEARTH_STATE_DIR: inData("state-3") };
      const [status, reload] = await Promise.all([
        machine.run(["status"], { env }),
        machine.run(["reload"], { env }),
      ]);
      expect(status).toMatchObject({ exitCode: 3, stdout: "" });
      expect(reload).toMatchObject({ exitCode: 3, stdout: "" });
    });

    test("the doctor finds what is wrong, and says how to mend it", async () => {
      const well = await machine.run(["doctor"]);
      expect(well).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("DuckDB") });
      const others = async (env: Record<string, string>) =>
        /^ok +other users +(.*)$/m.exec((await machine.run(["doctor"], { env })).stdout)?.[1];
      if (process.platform === "linux") expect(await others({})).toStartWith("are refused");
      expect(await others({ HEARTH_TOKEN: "t".repeat(32) })).toBe("need the token");
      expect(await others({ HEARTH_OTHER_USERS: "true" })).toStartWith("may connect without a token");
      expect(await others({ HEARTH_TCP: "false" })).toStartWith("can't connect");
      machine.place.write("broken/hearth.json", '{"idleTimeout": "soon"}');
      const ill = await machine.run(["doctor", "--config", "broken/hearth.json"]);
      expect(ill).toMatchObject({
        exitCode: 1,
        stdout: expect.stringMatching(/FAIL {2}config .*hearth\.json:1:17/),
      });
    });
  });
});

/** The command as one word list for a shell. */
function commandText(target: (typeof TARGETS)[number]): string {
  return hearthCommand(target).join(" ");
}

function words(line: string): string[] {
  return line.split(" ");
}
