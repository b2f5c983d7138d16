import { describe, expect, test } from "bun:test";
import { assembleSettings } from "../../src/config/assemble.ts";
import { SETTING_KEYS, type SettingName } from "../../src/config/keys.ts";
import type { SettingValue } from "../../src/config/kinds.ts";
import type { ConfigInUse, OriginatedValue } from "../../src/config/resolved.ts";
import { type ApiKey, NO_MODELS } from "../../src/models/config/types.ts";
import { type Bound, RULES } from "../../src/server/setting-rules.ts";
import type { ServerSettings } from "../../src/server/settings.ts";
import { takeKeys } from "../../src/server/take-keys.ts";
import { takeSettings } from "../../src/server/take-settings.ts";

const LOCAL: Bound = [{ kind: "tcp", host: "127.0.0.1" }];
const OPEN: Bound = [{ kind: "tcp", host: "0.0.0.0" }];
const SOCKET: Bound = [{ kind: "socket", host: "127.0.0.1" }];
const OPEN_SOCKET: Bound = [{ kind: "socket", host: "0.0.0.0" }];
const OWNER_ONLY: Bound = [];
const BOUND = { LOCAL, OPEN, SOCKET, OPEN_SOCKET, OWNER_ONLY };

const CONFIG: ConfigInUse = {
  path: "/p/hearth.yaml",
  realPath: "/p/hearth.yaml",
  how: "found",
  isTrusted: true,
  isBroken: false,
  hash: "1",
};

interface Given {
  readonly values?: Partial<Record<SettingName, SettingValue>>;
  readonly token?: string;
  readonly keys?: readonly ApiKey[];
  readonly config?: Partial<ConfigInUse>;
}

function settings({ values = {}, token, keys = [], config }: Given = {}): ServerSettings {
  const given: Partial<Record<SettingName, SettingValue>> = {
    ...values,
    ...(token === undefined ? {} : { token: "(hidden)", tokenFile: "/p/token" }),
  };
  const origins = Object.fromEntries(
    SETTING_KEYS.map(({ key, default: initial }) => [
      key,
      { value: key in given ? given[key] : initial, origin: "file", where: "hearth.yaml:1:1" },
    ]),
  ) as Record<SettingName, OriginatedValue>;
  return {
    settings: assembleSettings((name) => origins[name].value, token),
    origins,
    config: { ...CONFIG, ...config },
    models: { own: undefined, user: undefined },
    modelsConfig: { ...NO_MODELS, apiKeys: keys },
    mustAuthenticate: token !== undefined || keys.length > 0,
    warnings: [],
    waiting: [],
    files: [],
  };
}

/** As if every folder exists, and `/link` leads to `/outside`. */
const realPath = (path: string) => (path.startsWith("/link") ? path.replace("/link", "/outside") : path);

function taken(before: Given, after: Given, bound: Bound) {
  const takeover = takeSettings(settings(before), settings(after), bound, realPath);
  if (takeover.kind === "refused") throw new Error(`refused: ${takeover.reason}`);
  return takeover;
}

type Row = [name: SettingName, before: SettingValue, after: SettingValue, waits: (keyof typeof BOUND)[]];

const ALL: (keyof typeof BOUND)[] = ["LOCAL", "OPEN", "SOCKET", "OPEN_SOCKET", "OWNER_ONLY"];
const GUESTS: (keyof typeof BOUND)[] = ["LOCAL", "OPEN", "SOCKET", "OPEN_SOCKET"];
const BEYOND: (keyof typeof BOUND)[] = ["OPEN", "OPEN_SOCKET"];

/** What a change of one setting is over each kind of bound address: it waits for a restart, or it is taken whole. */
const ROWS: Row[] = [
  ["host", "127.0.0.1", "0.0.0.0", ALL],
  ["host", "0.0.0.0", "127.0.0.1", ALL],
  ["port", 1, 2, ALL],
  ["socket", undefined, "/s", ALL],
  ["tcp", false, true, ALL],
  ["idleTimeout", 5, 10, []],
  ["roots", ["/a"], ["/a", "/b"], BEYOND],
  ["roots", ["/a"], ["/"], BEYOND],
  ["roots", ["/a"], ["/link/x"], BEYOND],
  ["roots", ["/a", "/b"], ["/a"], []],
  ["roots", ["/a"], ["/a/narrower"], []],
  ["allowedHosts", [], ["x.example"], BEYOND],
  ["allowedHosts", ["x.example", "y.example"], ["Y.example"], []],
  ["allowedOrigins", [], ["https://x.example"], BEYOND],
  ["allowedOrigins", ["https://x.example"], [], []],
  ["bodyLimit", 1, 2, []],
  ["uploadLimit", 1, 2, []],
  ["cacheLimit", 1, 2, []],
  ["memoryBudget", 1, 2, []],
  ["readers", 1, 2, []],
  ["inlineLimit", 1, 2, []],
  ["readMemory", 1, 2, []],
  ["readTimeout", 1, 2, []],
  ["maxCells", 1, 2, []],
  ["spillLimit", 1, 2, []],
  ["guestWrites", "data", "any", GUESTS],
  ["guestWrites", "none", "data", GUESTS],
  ["guestWrites", "any", "none", []],
  ["guestEnvironment", ["A"], undefined, GUESTS],
  ["guestEnvironment", undefined, ["A"], GUESTS],
  ["guestEnvironment", ["A"], ["A", "B"], GUESTS],
  ["guestEnvironment", ["A", "B"], ["B"], []],
  ["guestEnvironment", undefined, [], []],
  ["otherUsers", false, true, ["LOCAL", "OPEN"]],
  ["otherUsers", true, false, []],
  ["compute.timeout", 1, 0, []],
  ["compute.modules", [], ["/p/m.js"], []],
  ["log.level", "info", "silent", []],
  ["log.requests", true, false, []],
  ["log.maxSize", 1, 2, []],
];

describe("protection of a running server: what a reload may change", () => {
  test("every setting has a rule and a row", () => {
    const names = SETTING_KEYS.map(({ key }) => key).sort();
    expect(Object.keys(RULES).sort()).toEqual(names);
    const tested = new Set<SettingName>([...ROWS.map(([name]) => name), "token", "tokenFile"]);
    expect([...tested].sort()).toEqual(names);
  });

  test.each(ROWS)("%s from %j to %j waits over %j only", (name, before, after, waits) => {
    for (const kind of ALL) {
      const {
        needsRestart,
        reasons,
        settings: inForce,
      } = taken(
        { values: { [name]: before }, token: "t" },
        { values: { [name]: after }, token: "t" },
        BOUND[kind],
      );
      const what = `${name} over ${kind}`;
      expect([what, needsRestart]).toEqual([what, waits.includes(kind) ? [name] : []]);
      expect(reasons).toHaveLength(needsRestart.length);
      if (!waits.includes(kind)) expect(inForce.origins[name].value).toEqual(after);
    }
  });

  test("the narrower part of a list is taken while the wider part waits", () => {
    const origins = taken(
      { values: { allowedOrigins: ["https://a", "https://b"], allowedHosts: ["a", "b"] } },
      { values: { allowedOrigins: ["https://b", "https://c"], allowedHosts: ["c", "B"] } },
      OPEN,
    );
    expect(origins.settings.settings).toMatchObject({ allowedOrigins: ["https://b"], allowedHosts: ["B"] });
    expect(origins.changed).toEqual(["allowedHosts", "allowedOrigins"]);
    expect(origins.needsRestart).toEqual(["allowedHosts", "allowedOrigins"]);
    const roots = taken(
      { values: { roots: ["/a/b", "/c"] } },
      { values: { roots: ["/a", "/c/d", "/link"] } },
      OPEN,
    );
    expect(roots.settings.settings.roots).toEqual(["/c/d", "/a/b"]);
    const variables = taken(
      { values: { guestEnvironment: ["A", "B"] } },
      { values: { guestEnvironment: ["B", "C"] } },
      LOCAL,
    );
    expect(variables.settings.settings.guestEnvironment).toEqual(["B"]);
  });

  test("a folder that does not exist yet is not opened beyond this machine", () => {
    const exists = (path: string) => (path === "/a" ? path : undefined);
    const next = settings({ values: { roots: ["/a", "/a/later"] } });
    const takeover = takeSettings(settings({ values: { roots: ["/a"] } }), next, OPEN, exists);
    expect(takeover).toMatchObject({ kind: "taken", needsRestart: ["roots"] });
    expect(takeover.kind === "taken" && takeover.settings.settings.roots).toEqual(["/a"]);
  });

  test.each(["LOCAL", "OPEN", "SOCKET", "OPEN_SOCKET"] as const)(
    "a token that is gone stays, with its file, over %s",
    (kind) => {
      const { changed, needsRestart, settings: inForce } = taken({ token: "t" }, {}, BOUND[kind]);
      expect(needsRestart).toEqual(["token", "tokenFile"]);
      expect(changed).toEqual([]);
      expect(inForce.settings).toMatchObject({ token: "t", tokenFile: "/p/token" });
      expect(inForce.mustAuthenticate).toBe(true);
    },
  );

  test("a token that is gone stays although a key is left", () => {
    const keys = [{ key: "k", models: undefined, isAdmin: false }];
    expect(taken({ token: "t", keys }, { keys }, LOCAL).settings.settings.token).toBe("t");
  });

  test("without an address for guests a token may go", () => {
    const { needsRestart, settings: inForce } = taken({ token: "t" }, {}, OWNER_ONLY);
    expect([needsRestart, inForce.settings.token, inForce.mustAuthenticate]).toEqual([[], undefined, false]);
  });

  test("another token counts at once, and so does a first one", () => {
    expect(taken({ token: "t" }, { token: "u" }, OPEN)).toMatchObject({
      changed: ["token"],
      needsRestart: [],
      settings: { settings: { token: "u" } },
    });
    const first = taken({}, { token: "t" }, LOCAL);
    expect(first.settings).toMatchObject({ settings: { token: "t" }, mustAuthenticate: true });
  });

  test("a revoked key is gone at once; after the last one everyone is refused", () => {
    const [a, b] = ["a", "b"].map((key) => ({ key, models: undefined, isAdmin: false })) as [ApiKey, ApiKey];
    const one = taken({ keys: [a, b] }, { keys: [b] }, LOCAL);
    expect(one).toMatchObject({ changed: ["apiKeys"], needsRestart: [] });
    expect(one.settings.modelsConfig.apiKeys).toEqual([b]);
    const none = taken({ keys: [a] }, {}, LOCAL);
    expect(none).toMatchObject({ changed: ["apiKeys"], needsRestart: ["apiKeys"] });
    expect(none.settings).toMatchObject({ modelsConfig: { apiKeys: [] }, mustAuthenticate: true });
    // It stays like that over further reloads, and ends when there is something to authenticate with.
    const again = takeSettings(none.settings, settings(), LOCAL, realPath);
    expect(again).toMatchObject({ settings: { mustAuthenticate: true }, needsRestart: ["apiKeys"] });
    const back = takeSettings(none.settings, settings({ keys: [b] }), LOCAL, realPath);
    expect(back).toMatchObject({ needsRestart: [], settings: { modelsConfig: { apiKeys: [b] } } });
    // The token still protects.
    expect(taken({ token: "t", keys: [a] }, { token: "t" }, OPEN).needsRestart).toEqual([]);
  });

  test("a key that gets more rights keeps those it had, and loses at once what it lost", () => {
    const key = (models: string[] | undefined, isAdmin = false) => ({ key: "k", models, isAdmin });
    const cases: [ApiKey, ApiKey, ApiKey, number][] = [
      [key(["a"]), key(["a", "b"]), key(["a"]), 1],
      [key(["a", "b"]), key(["b", "c"]), key(["b"]), 1],
      [key(["a"]), key(undefined), key(["a"]), 1],
      [key(undefined), key(["a"]), key(["a"]), 0],
      [key(["a", "b"]), key(["a"]), key(["a"]), 0],
      [key(["a"]), key(["a"], true), key(["a"]), 1],
      [key(["a"], true), key(["a"]), key(["a"]), 0],
    ];
    for (const [before, after, inForce, widened] of cases)
      expect(takeKeys([before], [after])).toEqual({ keys: [inForce], widened });
    const wider = taken({ keys: [key(["a"])] }, { keys: [key(["a"], true)] }, LOCAL);
    expect(wider).toMatchObject({ changed: [], needsRestart: ["apiKeys"] });
    const added = { key: "new", models: undefined, isAdmin: true };
    expect(takeKeys([key(["a"])], [key(["a"]), added]).keys).toContainEqual(added);
  });

  test("what is harmless is taken beside what waits", () => {
    expect(
      taken(
        { token: "t", values: { idleTimeout: 5, port: 1 } },
        { values: { idleTimeout: 9, port: 2 } },
        OPEN,
      ),
    ).toMatchObject({
      changed: ["idleTimeout"],
      needsRestart: ["port", "token", "tokenFile"],
      settings: { settings: { idleTimeoutSeconds: 9, port: 1, token: "t" } },
    });
  });
});

describe("protection of a running server: what is refused as a whole", () => {
  const before = settings({ token: "t", values: { roots: ["/a"], idleTimeout: 5 } });
  const refused = (next: ServerSettings, current = before) => {
    const takeover = takeSettings(current, next, LOCAL, realPath);
    return takeover.kind === "refused" ? takeover.reason : "taken";
  };

  test("an untrusted successor changes nothing, not even to narrow", () => {
    const untrusted = settings({ values: { idleTimeout: 1 }, config: { isTrusted: false, hash: "2" } });
    expect(refused(untrusted)).toBe("The config /p/hearth.yaml has changed since it was trusted");
    const removed = settings({ token: "t", config: { isTrusted: false } });
    expect(refused(removed)).toBe("The config /p/hearth.yaml is no longer trusted");
    // One that never was trusted goes on as it was: what is harmless in it counts.
    expect(refused(untrusted, settings({ config: { isTrusted: false } }))).toBe("taken");
  });

  test("a config that is gone, or is not used any more", () => {
    const without = { ...settings({}), config: undefined };
    expect(refused(without)).toBe("The config /p/hearth.yaml is gone");
    const warnings = ["/p/hearth.yaml is not used: others may write it (mode 0666)"];
    expect(refused({ ...without, warnings })).toBe(
      "The config /p/hearth.yaml is not used: others may write it (mode 0666)",
    );
  });

  test("one with mistakes; its words are for the owner alone", () => {
    const broken = { ...settings({ config: { isBroken: true } }), warnings: ["hearth.yaml:1:1: x"] };
    expect(takeSettings(before, broken, LOCAL, realPath)).toMatchObject({
      reason: "The config /p/hearth.yaml has mistakes",
      detail: expect.stringContaining("hearth.yaml:1:1: x"),
    });
  });

  test("one whose extended file is gone", () => {
    const user = { values: {}, where: () => "", folder: "/" };
    const extending = { ...before, models: { own: undefined, user } };
    const missing = settings({ token: "t", config: { missing: "extends: user has no effect" } });
    expect(refused(missing, extending)).toBe("extends: user has no effect");
    expect(refused(missing)).toBe("taken");
  });
});
