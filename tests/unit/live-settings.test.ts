import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { createConfigWatch } from "../../src/config/watch-change.ts";
import { type KeptSettings, keptSentence } from "../../src/server/kept-settings.ts";
import { createLiveSettings } from "../../src/server/live-settings.ts";
import { resolveAgain } from "../../src/server/resolve-again.ts";
import { withModels } from "../../src/server/settings.ts";
import { scratchHome } from "./config-fixture.ts";

const CONFIG = "home/project/hearth.yaml";

/** Live settings over real files, with a clock that the test moves. Far ahead: no file counts as just written. */
async function follow(place: ReturnType<typeof scratchHome>, flags = {}) {
  let nowMs = Date.now() + 60_000;
  let resolved = 0;
  let hold: Promise<void> | undefined;
  const kept: KeptSettings[] = [];
  const options = { flags, env: place.env, cwd: join(place.home, "project") };
  const { resolveSettings } = await import("../../src/config/resolve.ts");
  const initial = await withModels(await resolveSettings(options), place.env);
  const live = createLiveSettings({
    initial,
    resolve: async () => {
      resolved += 1;
      const read = await withModels(await resolveAgain(options, initial), place.env);
      await hold;
      return read;
    },
    bound: () => [{ kind: "tcp", host: initial.settings.host }],
    realPath: (path) => path,
    onChanged: () => {},
    onKept: (now) => kept.push(now),
    now: () => nowMs,
  });
  return {
    live,
    kept,
    resolutions: () => resolved,
    /** Readings that begin from now on end with what this gives. */
    holdReadings(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      hold = promise;
      return resolve;
    },
    async after(ms: number) {
      nowMs += ms;
      await live.refresh();
    },
  };
}

describe("the settings of a running server", () => {
  test("follow the file, looking once a second at most", async () => {
    using place = scratchHome();
    const config = place.write("named.yaml", "idleTimeout: 1\n");
    const { after, live, resolutions } = await follow(place, { config });
    await after(0);
    writeFileSync(config, "idleTimeout: 2\n");
    await after(999);
    expect([live.current.settings.idleTimeoutSeconds, resolutions()]).toEqual([1, 0]);
    await after(1);
    expect([live.current.settings.idleTimeoutSeconds, resolutions()]).toEqual([2, 1]);
  });

  test("a broken file is read once, not with every request; mended it counts", async () => {
    using place = scratchHome();
    const config = place.write("named.yaml", "idleTimeout: 1\n");
    const { after, kept, live, resolutions } = await follow(place, { config });
    writeFileSync(config, "idleTimeout: soon\n");
    for (let request = 0; request < 50; request++) await after(10);
    expect(resolutions()).toBe(1);
    for (let second = 0; second < 5; second++) await after(1000);
    expect(resolutions()).toBe(1);
    expect(kept).toMatchObject([
      { settings: [], reason: "The changed config can't be used", detail: expect.stringContaining("soon") },
    ]);
    writeFileSync(config, "idleTimeout: 3\n");
    await after(1000);
    expect([live.current.settings.idleTimeoutSeconds, live.kept]).toEqual([3, undefined]);
  });

  test.each([
    ["removed", (path: string) => rmSync(path)],
    ["a directory", (path: string) => putDirectory(path)],
  ])("a config that is %s changes nothing, and the same again when it is back", async (_, remove) => {
    using place = scratchHome();
    const token = place.write("token", "secret\n", 0o600);
    const config = place.write("named.yaml", `tokenFile: ${token}\nidleTimeout: 1\n`);
    const { after, kept, live, resolutions } = await follow(place, { config });
    remove(config);
    for (let second = 0; second < 5; second++) await after(1000);
    expect(live.current.settings).toMatchObject({ token: "secret", idleTimeoutSeconds: 1 });
    expect([kept.length, resolutions()]).toEqual([1, 1]);
    rmSync(config, { recursive: true, force: true });
    place.write("named.yaml", `tokenFile: ${token}\nidleTimeout: 1\n`);
    await after(1000);
    expect(live.kept).toBeUndefined();
  });

  test("a token file that can't be read, or is empty, leaves the token in force; a new token counts", async () => {
    using place = scratchHome();
    const token = place.write("token", "secret\n", 0o600);
    const { after, kept, live } = await follow(place, { "token-file": token });
    writeFileSync(token, "\n");
    await after(1000);
    expect(live.current.settings.token).toBe("secret");
    rmSync(token);
    await after(1000);
    expect(live.current.settings.token).toBe("secret");
    putDirectory(token);
    await after(1000);
    expect(live.current.settings.token).toBe("secret");
    expect(kept).toHaveLength(3);
    rmSync(token, { recursive: true });
    place.write("token", "rotated\n", 0o600);
    await after(1000);
    expect([live.current.settings.token, live.kept]).toEqual(["rotated", undefined]);
  });

  test("the user's own config that others may write now is not used, and the token stays", async () => {
    using place = scratchHome();
    const token = place.write("token", "secret\n", 0o600);
    const config = place.write("home/.config/hearth/hearth.yaml", `tokenFile: ${token}\n`);
    const { live } = await follow(place);
    expect(live.current.config?.how).toBe("user");
    chmodSync(config, 0o666);
    await expect(live.reload()).rejects.toMatchObject({ code: "config-invalid" });
    expect(live.current.settings.token).toBe("secret");
    expect(live.kept?.reason).toContain("is not used: others may write it (mode 0666)");
    // A project's config that is found meanwhile is another server's, and hides nothing of this.
    place.write(CONFIG, "idleTimeout: 1\n");
    await expect(live.reload()).rejects.toMatchObject({
      message: expect.stringContaining("is not used: others may write it"),
    });
    chmodSync(config, 0o600);
    await live.reload();
    expect([live.kept, live.current.config?.how]).toEqual([undefined, "user"]);
  });

  test("a reload reads what is there when it is asked for, even while an earlier reading goes on", async () => {
    using place = scratchHome();
    const config = place.write("named.yaml", "idleTimeout: 1\n");
    const { holdReadings, live, resolutions } = await follow(place, { config });
    const release = holdReadings();
    writeFileSync(config, "idleTimeout: soon\n");
    const broken = live.reload();
    await Promise.resolve();
    writeFileSync(config, "idleTimeout: 2\n");
    const storm = Array.from({ length: 50 }, () => live.reload());
    release();
    await expect(broken).rejects.toMatchObject({ code: "config-invalid" });
    for (const { changed } of await Promise.all(storm)) expect(changed).toEqual(["idleTimeout"]);
    expect([live.current.settings.idleTimeoutSeconds, live.kept, resolutions()]).toEqual([2, undefined, 2]);
  });

  test("a part that would lower protection waits, and is said with the reason", async () => {
    using place = scratchHome();
    const token = place.write("token", "secret\n", 0o600);
    const config = place.write("named.yaml", `tokenFile: ${token}\nidleTimeout: 1\n`);
    const { after, kept, live } = await follow(place, { config });
    writeFileSync(config, "idleTimeout: 2\n");
    await after(1000);
    expect(live.current.settings).toMatchObject({ token: "secret", idleTimeoutSeconds: 2, tokenFile: token });
    expect(kept).toMatchObject([{ settings: ["token", "tokenFile"] }]);
    expect(keptSentence(live.kept!)).toBe(
      "The running server keeps what it had for token, tokenFile until a restart: Without the token guests would need none",
    );
    writeFileSync(config, `tokenFile: ${token}\n`);
    await after(1000);
    expect(live.kept).toBeUndefined();
  });
});

test("settings that are kept as a whole are told with the time they are from", () => {
  const since = new Date(2026, 10, 28, 10, 3, 12);
  const kept = { since: since.toISOString(), settings: [], reason: "it is gone" };
  expect(keptSentence(kept, new Date(2026, 10, 28, 23))).toBe(
    "The running server keeps its settings of 10:03:12: it is gone",
  );
  expect(keptSentence(kept, new Date(2026, 10, 29))).toContain("2026-11-28 10:03:12");
});

test("a config watch forgets what was dismissed as soon as a file changes, even back", async () => {
  using place = scratchHome();
  const path = place.write("named.yaml", "a: 1\n");
  const { files } = await place.resolve({ config: path });
  let nowMs = Date.now() + 60_000;
  const watch = createConfigWatch(files, () => nowMs);
  writeFileSync(path, "a: 2\n");
  expect(watch.changed()).toBe(true);
  watch.dismiss();
  expect(watch.changed()).toBe(false);
  writeFileSync(path, "a: 1\n");
  expect(watch.changed()).toBe(true);
  // A file that was written just now may change again without its stat showing it: it is looked at again.
  nowMs = Date.now();
  watch.dismiss();
  expect(watch.changed()).toBe(true);
});

function putDirectory(path: string): void {
  rmSync(path, { force: true });
  mkdirSync(path);
}
