import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { hashText } from "../../src/lifecycle/hash.ts";
import { instanceOf, portSequence } from "../../src/lifecycle/instance.ts";
import type { InstanceOptions } from "../../src/lifecycle/instance.ts";
import { readRecord, removeRecord, writeRecord } from "../../src/lifecycle/record.ts";
import type { InstanceRecord } from "../../src/lifecycle/record.ts";
import { isPrivateFolder } from "../../src/lifecycle/socket-path.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hearth-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const DEFAULTS: InstanceOptions = {
  configRealPath: undefined,
  host: "127.0.0.1",
  port: undefined,
  stateFolder: "/state",
};
const keyOf = (changed: Partial<InstanceOptions>) => instanceOf({ ...DEFAULTS, ...changed }).key;

describe("the name of an instance", () => {
  test("without config and on the default address it is the default one", () => {
    expect(keyOf({})).toBe("default");
    expect(keyOf({ port: 8765 })).toBe("default");
  });

  test("tells addresses apart", () => {
    expect(keyOf({ port: 9000 })).toBe("127-0-0-1-9000");
    expect(keyOf({ port: 0 })).toBe("127-0-0-1-any");
    expect(keyOf({ host: "::1" })).not.toBe(keyOf({ host: "::2" }));
    expect(keyOf({ host: "::1" })).toMatch(/^[0-9a-z-]+$/);
  });

  test("begins with the project's folder and depends on its whole path", () => {
    const one = keyOf({ configRealPath: "/home/ada/My Project/hearth.yaml" });
    const other = keyOf({ configRealPath: "/srv/My Project/hearth.yaml" });
    expect(one).toMatch(/^my-project-[0-9a-z]{8}$/);
    expect(other).not.toBe(one);
    expect(keyOf({ configRealPath: "/hearth.yaml" })).toMatch(/^hearth-[0-9a-z]{8}$/);
  });
});

describe("the ports of an instance", () => {
  const portsOf = (changed: Partial<InstanceOptions>) => [
    ...portSequence(instanceOf({ ...DEFAULTS, ...changed }).portRule),
  ];

  test("a port that was set is the only one", () => {
    expect(portsOf({})).toEqual([8765]);
    expect(portsOf({ port: 9000, configRealPath: "/p/hearth.yaml" })).toEqual([9000]);
    expect(portsOf({ port: 0 })).toEqual([0]);
  });

  test("a project without a port gets 20000 + hash mod 10000 and the numbers after it", () => {
    const path = "/home/ada/project/hearth.yaml";
    const ports = portsOf({ configRealPath: path });
    expect(ports[0]).toBe(20_000 + (hashText(path) % 10_000));
    expect(ports[1]).toBe(ports[0] === 29_999 ? 20_000 : (ports[0] ?? 0) + 1);
    expect(ports.every((port) => port >= 20_000 && port < 30_000)).toBe(true);
  });

  test("the hash never changes, since it names ports and folders", () => {
    expect(hashText("hearth")).toBe(2579321661955414);
    expect(hashText("a")).toBe(7929297801672961);
  });
});

describe("the owner's socket", () => {
  const socketOf = (changed: Partial<InstanceOptions>) =>
    instanceOf({ ...DEFAULTS, environment: {}, ...changed }).socketPath;
  const long = () => join(folder, "x".repeat(100));

  test("lies in the instance's folder", () => {
    expect(socketOf({})).toBe("/state/instances/default/server.sock");
  });

  test("has a short path in the runtime folder when the other would be too long", () => {
    mkdirSync(join(folder, "run"), { mode: 0o700 });
    const environment = { XDG_RUNTIME_DIR: join(folder, "run") };
    const path = socketOf({ stateFolder: long(), environment });
    expect(path.startsWith(join(folder, "run", "hearth/"))).toBe(true);
    expect(path.length).toBeLessThanOrEqual(100);
    expect(socketOf({ stateFolder: `${long()}y`, environment })).not.toBe(path);
  });

  test("never lies in a folder that others can open, or behind a link", () => {
    const name = `hearth-${process.getuid?.()}`;
    mkdirSync(join(folder, name), { mode: 0o755 });
    expect(socketOf({ stateFolder: long(), environment: { TMPDIR: folder } })).toStartWith("/tmp/hearth-");
    rmSync(join(folder, name), { recursive: true });
    symlinkSync("/root", join(folder, name));
    expect(socketOf({ stateFolder: long(), environment: { TMPDIR: folder } })).toStartWith("/tmp/hearth-");
    rmSync(join(folder, name));
    expect(socketOf({ stateFolder: long(), environment: { TMPDIR: folder } })).toStartWith(
      join(folder, name),
    );
  });

  test("is where the running server recorded it, whatever the environment of the client", () => {
    mkdirSync(join(folder, "run"), { mode: 0o700 });
    const recorded = join(folder, "run", "s.sock");
    const instance = instanceOf({ ...DEFAULTS, stateFolder: long(), environment: {} });
    mkdirSync(instance.folder, { recursive: true });
    writeRecord(instance.recordPath, { ...RECORD, socketPath: recorded });
    expect(socketOf({ stateFolder: long() })).toBe(recorded);
    chmodSync(join(folder, "run"), 0o755);
    expect(socketOf({ stateFolder: long() })).not.toBe(recorded);
  });

  test("a private folder is a folder, ours, and closed to others", () => {
    expect(isPrivateFolder(folder)).toBe(true);
    expect(isPrivateFolder(join(folder, "none"))).toBe(false);
    chmodSync(folder, 0o750);
    expect(isPrivateFolder(folder)).toBe(false);
  });
});

const RECORD: InstanceRecord = {
  pid: process.pid,
  startedAt: "1@boot",
  host: "127.0.0.1",
  port: 8765,
  socketPath: "/s",
  version: "0.1.0",
  protocol: 1,
  runtime: "bun 1.4.5",
  startedHow: "auto",
  configPath: undefined,
  startedTime: "2026-01-01T00:00:00.000Z",
  roots: [],
};

describe("the record", () => {
  const path = () => join(folder, "record.json");

  test("is read as it was written, and removed by its own process only", () => {
    writeRecord(path(), RECORD);
    expect(readRecord(path())).toEqual(RECORD);
    removeRecord(path(), process.pid + 1);
    expect(readRecord(path())).toBeDefined();
    removeRecord(path(), process.pid);
    expect(readRecord(path())).toBeUndefined();
  });

  test("counts as absent when it is missing, cut anywhere, or not a record", () => {
    expect(readRecord(path())).toBeUndefined();
    const text = JSON.stringify(RECORD);
    for (let length = 0; length < text.length; length += 7) {
      writeFileSync(path(), text.slice(0, length));
      expect(readRecord(path())).toBeUndefined();
    }
    for (const wrong of ["null", "[]", "{}", JSON.stringify({ ...RECORD, pid: "12" })]) {
      writeFileSync(path(), wrong);
      expect(readRecord(path())).toBeUndefined();
    }
  });
});
