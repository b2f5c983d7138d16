import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Caller } from "../../src/access/caller.ts";
import { createFileAccess } from "../../src/access/file-access.ts";
import { collect, streamOf } from "../../src/data/columns.ts";
import type { CellObject } from "../../src/data/json-keys.ts";
import { parseJson } from "../../src/data/json-parse.ts";
import { encodeRecords, writeJson } from "../../src/data/json-write.ts";
import { createDataService } from "../../src/data/service.ts";
import { functionFinder } from "../../src/functions/entry.ts";
import { FUNCTIONS } from "../../src/functions/index.ts";
import { Documents } from "../../src/interface/documents.ts";
import { loadInterface } from "../../src/interface/load.ts";
import { createJournalStore } from "../../src/sessions/journal.ts";
import { foldChanges } from "../../src/sessions/journal-lines.ts";
import { Sessions } from "../../src/sessions/service.ts";
import type { Change, SessionStore } from "../../src/sessions/store.ts";
import { SpillBudget } from "../../src/spill-budget.ts";
import { fault } from "./fault.ts";

let folder: string;
let journals: string;
let notices: string[];
let clock: number;
let memoryLimit: number;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hearth-sessions-")));
  journals = join(folder, "state", "sessions");
  notices = [];
  clock = 1000;
  memoryLimit = 64 << 20;
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
const guest: Caller = { kind: "guest" };
const owner: Caller = {
  kind: "owner",
  directory: "",
  environment: {},
  timeZone: undefined,
  umask: undefined,
};

/** Sessions over the folder, as one process has them. */
function open(store: SessionStore = createJournalStore(journals, (message) => notices.push(message))) {
  const filesFor = (caller: Caller) =>
    createFileAccess({
      caller,
      roots: [folder],
      base: folder,
      protectedPaths: () => [],
      guestWrites: "any",
      trustedPaths: () => [],
    });
  const documents = new Documents();
  const data = createDataService({
    cacheLimitBytes: 64 << 20,
    memoryLimitBytes: 64 << 20,
    spillFolder: async () => folder,
    spillBudget: new SpillBudget(() => 1 << 30),
  });
  const sessions = new Sessions({
    store,
    filesFor,
    async loadInterface({ interfaceFile, directory, interfaceField }, access) {
      const field = interfaceField ?? undefined;
      return (await loadInterface(interfaceFile, { ...access, documents, directory, field })).values;
    },
    async readTable(source, access) {
      const result = await data.read(source, access);
      return result.table ?? (await collect(result.stream(), 64 << 20));
    },
    writeTable: (table, output, access) => data.write(streamOf(table), output, access),
    compute: async ({ signal }) => ({
      find: functionFinder(FUNCTIONS),
      signal,
      timeLimitSeconds: 0,
      context: { now: new Date("2024-02-29T12:00:00Z"), timeZone: "UTC" },
    }),
    guestBase: () => folder,
    memoryLimitBytes: () => memoryLimit,
    onNotice: (message) => notices.push(message),
    onGuestsChanged: () => {},
    now: () => clock,
  });
  const access = (caller: Caller) => ({
    caller: caller.kind === "owner" ? { ...caller, directory: folder } : caller,
    files: filesFor(caller.kind === "owner" ? { ...caller, directory: folder } : caller),
    signal: new AbortController().signal,
  });
  return {
    sessions,
    access,
    async make(
      interfaceFile: string,
      options: { field?: string; timeout?: number; caller?: Caller; id?: string } = {},
    ) {
      const request = {
        interfaceFile,
        directory: ".",
        interfaceField: options.field ?? null,
        timeout: options.timeout ?? 3600,
      };
      return sessions.create(request, access(options.caller ?? guest), options.id);
    },
    /** Runs an operation; gives its answer as JSON without the braces' key, where it has only one. */
    async run(id: string, operation: string, params = "{}", caller: Caller = guest): Promise<string> {
      const answer = await sessions.run(id, operation, parseJson(params) as CellObject, access(caller));
      const values = Object.values(answer);
      return values.length === 0 ? "" : writeJson(values[0]);
    },
    async table(id: string): Promise<string> {
      return new TextDecoder().decode(encodeRecords(await sessions.table(id, access(guest))));
    },
  };
}

const FULL = `
input:
  type: local
  index: key
  data:
  - {key: a, city: Oslo}
  - {key: b, city: Rome}
output: {type: csv, filename: out.csv, directory: ., index: key, columns: [grade, remark]}
series: {type: csv, filename: visits.csv, directory: ., index: key, selector: visit}
parameters: {type: local, index: i, data: {rate: 0.5}}
`;
const VISITS = "key,visit,mark\na,1,5\na,2,6\nb,1,7\n";

/** A session of all kinds of sections. */
async function started() {
  put("i.yml", FULL);
  put("visits.csv", VISITS);
  const opened = open();
  return { ...opened, id: (await opened.make("i.yml")).session.session_id };
}

describe("a session's frame", () => {
  test("joins the sections by label and knows where each column comes from", async () => {
    put("i.yml", FULL);
    put("visits.csv", VISITS);
    const { make, run } = open();
    const { session } = await make("i.yml");
    expect(session.columns).toEqual(["city", "grade", "remark", "visit", "mark", "rate"]);
    expect(session.shape).toEqual([3, 6]);
    const id = session.session_id;
    expect(await run(id, "get_indices")).toBe('["a","b"]');
    expect(await run(id, "get_output_columns")).toBe('["grade","remark","visit","mark","rate"]');
    expect(await run(id, "get_column_type", '{"column":"visit"}')).toBe('"series"');
    expect(await run(id, "get_column_type", '{"column":"key"}')).toBe("null");
    expect(await run(id, "get_value_at", '{"index":"b","column":"rate"}')).toBe("0.5");
  });

  test("finds a cell of a series by its selector, the only row of a label in any case", async () => {
    const { id, run } = await started();
    expect(await run(id, "get_subindex")).toBe("2");
    await run(id, "set_column", '{"column":"mark"}');
    expect(await run(id, "get_value")).toBe("6");
    await run(id, "set_subindex", '{"value":1.0}');
    expect(await run(id, "get_value")).toBe("5");
    await run(id, "set_subindex", '{"value":2}');
    await run(id, "set_index", '{"index":"b"}');
    expect(await run(id, "get_subindex")).toBe("2");
    expect(await run(id, "get_value")).toBe("7");
    // Written is a row that the selector names: there is none, so it is made.
    await run(id, "set_value", '{"value":70}');
    expect(await run(id, "get_value")).toBe("70");
    expect(await run(id, "get_subseries")).toBe(
      '{"records":[{"visit":1,"mark":7},{"visit":2,"mark":70}],"shape":[2,2]}',
    );
    expect((await fault(run(id, "set_subindex", '{"value":9}'))).code).toBe("cell-unknown");
  });

  test("knows no label that is a list or a mapping, whatever is in it", async () => {
    const { id, run } = await started();
    const label = '[99999999999999999999, 2.0, {"a": null}]';
    expect((await fault(run(id, "set_index", `{"index":${label}}`))).code).toBe("cell-unknown");
    expect((await fault(run(id, "set_subindex", `{"value":${label}}`))).code).toBe("cell-unknown");
  });

  test("follows a row of a series whose selector is written", async () => {
    const { id, run } = await started();
    await run(id, "set_column", '{"column":"visit"}');
    await run(id, "set_value", '{"value":"last"}');
    expect(await run(id, "get_subindex")).toBe('"last"');
    expect(await run(id, "get_value_at", '{"index":"a","column":"mark"}')).toBe("6");
  });

  test("means a label's last row of a series until one is chosen or looked at", async () => {
    const { id, run } = await started();
    await run(id, "set_index", '{"index":"b"}');
    expect(await run(id, "get_subindex")).toBe("1");
    await run(id, "set_index", '{"index":"a"}');
    await run(id, "set_column", '{"column":"mark"}');
    expect(await run(id, "get_value")).toBe("5");
    await run(id, "set_subindex", '{"value":null}');
    expect(await run(id, "get_value")).toBe("6");
    await run(id, "set_selector", '{"column":"mark"}');
    expect(await run(id, "get_subindex")).toBe("6");
  });

  test("gives a series whose file does not exist a row for each label of the input", async () => {
    put("i.yml", FULL.replace("index: key, selector", "index: key, columns: [visit, mark], selector"));
    const { make, run, sessions, access } = open();
    const id = (await make("i.yml")).session.session_id;
    expect(await run(id, "get_shape")).toBe("[2,6]");
    expect(await run(id, "get_subindex")).toBe("null");
    await run(id, "set_column", '{"column":"visit"}');
    await run(id, "set_value", '{"value":1}');
    await run(id, "set_column", '{"column":"mark"}');
    await run(id, "set_value", '{"value":5}');
    expect(await run(id, "get_subseries")).toBe('{"records":[{"visit":1,"mark":5}],"shape":[1,2]}');
    await sessions.save(id, undefined, access(guest));
    expect(readFileSync(join(folder, "visits.csv"), "utf8")).toBe("key,visit,mark\na,1,5\n");
    // What was written is found again where the row that was last then is not the last any more.
    const again = open();
    expect(await again.run(id, "get_value")).toBe("5");
    expect(await again.run(id, "get_shape")).toBe("[2,6]");
  });

  test("of a series alone starts at its first row, and combines the rows of several", async () => {
    put("one.yml", "series: {type: csv, filename: visits.csv, directory: ., index: key}\n");
    const cache = "series_cache: {type: local, index: key, data: [{key: a, who: x}, {key: a, who: y}]}\n";
    put("two.yml", `${FULL}${cache}`);
    put("visits.csv", VISITS);
    const { make, run } = open();
    const one = (await make("one.yml")).session.session_id;
    expect(await run(one, "get_selector")).toBe('"visit"');
    expect(await run(one, "get_subindex")).toBe("1");
    const { session } = await make("two.yml");
    expect(session.shape).toEqual([5, 7]);
    expect(await run(session.session_id, "get_subseries")).toBe(
      '{"records":[{"visit":1,"mark":5,"who":"x"},{"visit":1,"mark":5,"who":"y"},' +
        '{"visit":2,"mark":6,"who":"x"},{"visit":2,"mark":6,"who":"y"}],"shape":[4,3]}',
    );
  });

  test("keeps the focus where an operation fails", async () => {
    const { id, run } = await started();
    for (const [operation, params] of [
      ["get_value_at", '{"index":"b","column":"nowhere"}'],
      ["set_index", '{"index":"z"}'],
      ["set_column", '{"column":"z"}'],
      ["set_selector", '{"column":"city"}'],
    ] as const) {
      expect(await fault(run(id, operation, params))).toMatchObject({ code: "cell-unknown", status: 404 });
    }
    expect(await fault(run(id, "set_value", '{"value":1}'))).toMatchObject({
      code: "cell-read-only",
      errorType: "KeyError",
      hint: expect.stringContaining('"grade"'),
    });
    expect(await run(id, "get_index")).toBe('"a"');
    expect(await run(id, "get_column")).toBe('"city"');
  });

  test.each([
    ["title: x\n", "no section"],
    ["input: {type: local, data: [{a: 1}]}\n", 'names no "index"'],
    ["input: {type: local, index: k, data: [{k: 1, 2nd: x}]}\n", '"2nd"'],
    ["input: 5\n", "is a mapping"],
    ["parameters: {type: local, index: k, data: [{k: 1, v: 1}, {k: 2, v: 1}]}\n", "2 rows"],
  ])("is refused for %j", async (text, reason) => {
    put("i.yml", text);
    expect(await fault(open().make("i.yml"))).toMatchObject({
      code: "data-invalid",
      message: expect.stringContaining(reason),
    });
  });

  test("names what it does not use of a repeated column, and takes a name that is mapped", async () => {
    put(
      "i.yml",
      `
input: {type: local, index: k, mapping: {second: 2nd}, data: [{k: 1, 2nd: x, city: a}]}
output: {type: local, index: k, data: [{k: 1, city: b}]}
`,
    );
    const { make, run } = open();
    const { session, warnings } = await make("i.yml");
    expect(session.columns).toEqual(["2nd", "city"]);
    expect(warnings).toEqual([
      'The column "city" of "output" is not used, since "input" has one of that name',
    ]);
    expect(await run(session.session_id, "get_value_at", '{"index":1,"column":"city"}')).toBe('"a"');
  });

  test("without rows has nothing to look at and nothing to write", async () => {
    put("empty.csv", "k,v\n");
    put("i.yml", "output: {type: csv, filename: empty.csv, directory: ., index: k}\n");
    const { make, run } = open();
    const id = (await make("i.yml")).session.session_id;
    expect(await run(id, "get_index")).toBe("null");
    expect(await run(id, "get_value")).toBe("null");
    expect((await fault(run(id, "set_value", '{"value":1}'))).code).toBe("cell-unknown");
  });
});

const COMPUTED = `
input: {type: local, index: key, data: [{key: a, city: Oslo}, {key: b, city: Rome}]}
output: {type: csv, filename: out.csv, directory: ., index: key, columns: [greet, loud]}
compute:
- {field: greet, function: render_liquid, args: {template: "hi {{city}}"}, row_args: {city: city}}
- {field: loud, function: render_liquid, args: {template: "{{g | upcase}}"}, row_args: {g: greet}}
- {field: greet, function: from_a_package}
`;

describe("computing over a session", () => {
  test("happens when it is made, row by row, and says which functions it does not know", async () => {
    put("i.yml", COMPUTED);
    const { make, table } = open();
    const { session, warnings } = await make("i.yml");
    expect(await table(session.session_id)).toBe(
      '[{"key":"a","city":"Oslo","greet":"hi Oslo","loud":"HI OSLO"},{"key":"b","city":"Rome","greet":"hi Rome","loud":"HI ROME"}]',
    );
    expect(warnings.join()).toContain('No function named "from_a_package"');
  });

  test("on request fills what is missing, and survives the process", async () => {
    put("i.yml", COMPUTED);
    const first = open();
    const id = (await first.make("i.yml")).session.session_id;
    await first.run(id, "set_column", '{"column":"greet"}');
    await first.run(id, "set_value", '{"value":null}');
    const entries = parseJson(
      '{"field":"greet","function":"render_liquid","args":{"template":"{{x}}!"},"row_args":{"x":"city"}}',
    );
    expect(await first.sessions.compute(id, entries, first.access(guest))).toMatchObject({ cells: 1 });
    expect(await first.run(id, "get_value")).toBe('"Oslo!"');
    expect(await open().run(id, "get_value")).toBe('"Oslo!"');
    const unknown = parseJson('{"field":"greet","function":"nope"}');
    expect((await fault(first.sessions.compute(id, unknown, first.access(guest)))).code).toBe(
      "operation-unknown",
    );
  });
});

describe("a journal", () => {
  test("has every change when the process is gone without a word", async () => {
    const { id, ...first } = await started();
    await first.run(id, "set_index", '{"index":"b"}');
    await first.run(id, "set_column", '{"column":"grade"}');
    await first.run(id, "set_value", '{"value":2.0}');
    await first.run(id, "set_column", '{"column":"mark"}');
    await first.run(id, "set_value", '{"value":12345678901234567890}');
    const again = open();
    expect(await again.run(id, "get_column")).toBe('"mark"');
    expect(await again.run(id, "get_value")).toBe("12345678901234567890");
    expect(await again.run(id, "get_value_at", '{"index":"b","column":"grade"}')).toBe("2.0");
    expect(await again.run(id, "get_value_at", '{"index":"a","column":"grade"}')).toBe("null");
    expect(notices).toEqual([]);
  });

  test("with a torn end loses only that, and says so", async () => {
    const { id, ...first } = await started();
    await first.run(id, "set_index", '{"index":"b"}');
    const path = join(journals, `${id}.ndjson`);
    appendFileSync(path, '{"focus":{"index":"a","col');
    const again = open();
    expect(await again.run(id, "get_index")).toBe('"b"');
    expect(notices).toEqual(["the end of a session's journal was damaged and was cut off"]);
    await again.run(id, "set_index", '{"index":"a"}');
    expect(await open().run(id, "get_index")).toBe('"a"');
    expect(notices).toHaveLength(1);
  });

  test("damaged in the middle is recovered up to there and set aside as it was", async () => {
    const { id, ...first } = await started();
    await first.run(id, "set_index", '{"index":"b"}');
    const path = join(journals, `${id}.ndjson`);
    appendFileSync(path, "\0\0\0\n");
    await first.run(id, "set_index", '{"index":"a"}');
    expect(await open().run(id, "get_index")).toBe('"b"');
    expect(readdirSync(journals).toSorted()).toEqual([`${id}.ndjson`, `${id}.ndjson.damaged`]);
  });

  test("whose first line is torn was never acknowledged and goes", async () => {
    put("i.yml", FULL);
    const { make } = open();
    await make("i.yml").catch(() => undefined);
    const id = "00000000-0000-4000-8000-000000000000";
    put("visits.csv", VISITS);
    await make("i.yml");
    writeFileSync(join(journals, `${id}.ndjson`), '{"version":1,"id":"0000');
    const again = open();
    const { sessions } = await again.sessions.list(again.access(guest));
    expect(sessions).toHaveLength(1);
    expect(existsSync(join(journals, `${id}.ndjson`))).toBeFalse();
  });

  test("is for nobody else to read", async () => {
    const { id } = await started();
    expect(statSync(join(journals, `${id}.ndjson`)).mode & 0o777).toBe(0o600);
    expect(statSync(journals).mode & 0o777).toBe(0o700);
  });

  test("stays small however often a cell is written", async () => {
    const { id, ...first } = await started();
    await first.run(id, "set_column", '{"column":"grade"}');
    for (let i = 0; i < 30_000; i += 1) await first.run(id, "set_value", `{"value":${i}}`);
    expect(statSync(join(journals, `${id}.ndjson`)).size).toBeLessThan(2 << 20);
    expect(await open().run(id, "get_value")).toBe("29999");
  });

  test("keeps what was written where the data changed, and says what has no place any more", async () => {
    const { id, ...first } = await started();
    await first.run(id, "set_column", '{"column":"grade"}');
    await first.run(id, "set_value", '{"value":"kept"}');
    await first.run(id, "set_index", '{"index":"b"}');
    await first.run(id, "set_value", '{"value":"lost"}');
    put("i.yml", FULL.replace("  - {key: b, city: Rome}\n", ""));
    const again = open();
    expect(await again.run(id, "get_index")).toBe('"a"');
    expect(await again.run(id, "get_value")).toBe('"kept"');
    expect(notices.join()).toContain('1 values written to column "grade" have no place');
  });

  test("of a session whose interface is broken now waits for it", async () => {
    const { id, ...first } = await started();
    await first.run(id, "set_index", '{"index":"b"}');
    put("i.yml", "x: 1\n");
    const again = open();
    expect(await fault(again.run(id, "get_index"))).toMatchObject({ code: "session-unknown", status: 404 });
    const { sessions, warnings } = await again.sessions.list(again.access(guest));
    expect(sessions).toEqual([]);
    expect(warnings.join()).toContain(id);
    put("i.yml", FULL);
    expect(await again.run(id, "get_index")).toBe('"b"');
  });

  const focus = { index: "a", column: "x", selector: null, subindex: null };
  const writes = (...values: number[]): Change[] =>
    values.map((value) => ({ focus, write: { at: focus, value } }));

  test("folds to the last write of each cell and the last focus", () => {
    const end = { ...focus, index: "b" };
    expect(foldChanges([...writes(1, 2), { focus: end }])).toEqual([...writes(2), { focus: end }]);
    expect(foldChanges([...writes(1, 2), { focus, saved: ["x"] }, ...writes(3)])).toEqual([
      ...writes(3),
      { focus },
    ]);
  });

  test("folds no series whose rows were given other names", () => {
    const at = { ...focus, selector: "v", subindex: 1 };
    const changes: Change[] = [
      { focus, write: { at, value: "old row" } },
      { focus, write: { at: { ...at, column: "v" }, value: 5 } },
      { focus, write: { at, value: "new row" } },
    ];
    expect(foldChanges(changes).slice(0, 3)).toEqual(changes);
  });
});

describe("sessions", () => {
  test("end after their time without use, and not before", async () => {
    put("i.yml", FULL);
    put("visits.csv", VISITS);
    const first = open();
    const { make, run } = first;
    const short = (await make("i.yml", { timeout: 10 })).session.session_id;
    const endless = (await make("i.yml", { timeout: 0 })).session.session_id;
    clock += 9;
    await fault(run(short, "set_index", '{"index":"nowhere"}'));
    clock += 9;
    await run(short, "get_index");
    clock += 11;
    expect((await fault(run(short, "get_index"))).code).toBe("session-unknown");
    clock += 1e9;
    expect(await run(endless, "get_index")).toBe('"a"');
    expect(readdirSync(journals)).toEqual([`${endless}.ndjson`]);
  });

  test("of the owner are no guest's business; the owner sees all", async () => {
    put("i.yml", FULL);
    put("visits.csv", VISITS);
    const { make, run, sessions, access } = open();
    const mine = (await make("i.yml", { caller: owner })).session.session_id;
    const theirs = (await make("i.yml")).session.session_id;
    expect((await fault(run(mine, "get_index"))).code).toBe("session-unknown");
    const seen = async (caller: Caller) =>
      (await sessions.list(access(caller))).sessions.map(({ session_id, made_by }) => [session_id, made_by]);
    expect(await seen(guest)).toEqual([[theirs, undefined]]);
    expect(await seen(owner)).toEqual([
      [mine, "owner"],
      [theirs, "guest"],
    ]);
    expect(await run(theirs, "get_index", "{}", owner)).toBe('"a"');
  });

  test("are at most a hundred, and within their memory", async () => {
    put(
      "i.yml",
      "input: {type: local, index: k, data: [{k: 1, v: 1}]}\noutput: {type: csv, filename: o.csv, index: k, columns: [w]}\n",
    );
    const { make, run, sessions, access } = open();
    const id = (await make("i.yml")).session.session_id;
    for (let i = 1; i < 100; i += 1) await make("i.yml");
    expect(await fault(make("i.yml"))).toMatchObject({ code: "sessions-full", status: 429 });
    sessions.remove(id, access(guest));
    const next = (await make("i.yml")).session.session_id;
    memoryLimit = sessions.stats().bytes + 30_000;
    await run(next, "set_column", '{"column":"w"}');
    // Written again and again a cell takes its place once.
    for (let i = 0; i < 20; i += 1) await run(next, "set_value", `{"value":"${"x".repeat(5000)}"}`);
    expect((await fault(run(next, "set_value", `{"value":"${"x".repeat(12_000)}"}`))).code).toBe(
      "sessions-full",
    );
    expect((await run(next, "get_value")).length).toBe(5002);
  });

  test("stay as they are when one of their id can't be made in their place", async () => {
    put(
      "i.yml",
      "input: {type: local, index: k, data: [{k: 1, v: 1}]}\noutput: {type: csv, filename: o.csv, index: k, columns: [w]}\n",
    );
    put("big.yml", `input: {type: local, index: k, data: [{k: 1, v: "${"x".repeat(50_000)}"}]}\n`);
    const first = open();
    const id = (await first.make("i.yml", { caller: owner })).session.session_id;
    await first.run(id, "set_column", '{"column":"w"}', owner);
    await first.run(id, "set_value", '{"value":"kept"}', owner);
    memoryLimit = first.sessions.stats().bytes + 1000;
    expect(await fault(first.make("big.yml", { caller: owner, id }))).toMatchObject({
      code: "sessions-full",
    });
    expect(await first.run(id, "get_value", "{}", owner)).toBe('"kept"');
    first.sessions.close();
    const second = open();
    expect(await second.run(id, "get_value", "{}", owner)).toBe('"kept"');
    // With room it is replaced, also where there are as many as may be, and a later process finds the new one.
    memoryLimit = 64 << 20;
    for (let i = 1; i < 100; i += 1) await second.make("i.yml", { caller: owner });
    await second.make("i.yml", { caller: owner, id });
    await second.run(id, "set_column", '{"column":"w"}', owner);
    expect(await second.run(id, "get_value", "{}", owner)).not.toContain("kept");
    second.sessions.close();
    expect(await open().run(id, "get_index", "{}", owner)).toBe("1");
    expect(notices).toEqual([]);
  });

  test("write back to the files of their interface when asked to", async () => {
    const { id, ...first } = await started();
    await first.run(id, "set_column", '{"column":"grade"}');
    await first.run(id, "set_value", '{"value":"good"}');
    await first.run(id, "set_column", '{"column":"visit"}');
    await first.run(id, "set_value", '{"value":20}');
    expect(existsSync(join(folder, "out.csv"))).toBeFalse();
    const result = await first.sessions.save(id, undefined, first.access(guest));
    expect(result.saved.map(({ section, rows }) => [section, rows])).toEqual([
      ["output", 2],
      ["series", 3],
    ]);
    expect(result.skipped.map(({ section }) => section)).toEqual(["parameters"]);
    expect(readFileSync(join(folder, "out.csv"), "utf8")).toBe("key,grade,remark\na,good,\nb,,\n");
    expect(readFileSync(join(folder, "visits.csv"), "utf8")).toBe("key,visit,mark\na,1,5\na,20,6\nb,1,7\n");
    // What was saved is not written once more over the data that are read again.
    put("visits.csv", "key,visit,mark\na,1,5\na,21,60\nb,1,7\n");
    const again = open();
    expect(await again.run(id, "get_subseries")).toBe(
      '{"records":[{"visit":1,"mark":5},{"visit":21,"mark":60}],"shape":[2,2]}',
    );
    expect(await fault(first.sessions.save(id, ["input"], first.access(guest)))).toMatchObject({
      code: "request-invalid",
    });
  });
});
