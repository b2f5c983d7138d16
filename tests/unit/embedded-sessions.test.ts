import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHearth, type HearthOptions } from "../../src/index.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hearth-embedded-")));
  const text = `
input: {type: local, index: k, data: [{k: a, name: Ann Lee}]}
output: {type: csv, filename: o.csv, directory: ., index: k, columns: [short]}
compute: {function: initials, field: short, row_args: {name: name}}
`;
  writeFileSync(join(folder, "i.yml"), text);
});
afterEach(() => rmSync(folder, { recursive: true }));

const functions: NonNullable<HearthOptions["functions"]> = {
  initials: { row: ({ name }) => String(name).replaceAll(/\B\w| /g, "") },
};

/** A hearth in this process, and a way to ask it. */
function embedded(options: HearthOptions = {}) {
  const hearth = createHearth({ roots: [folder], functions, ...options });
  const ask = async (path: string, body: object = {}) => {
    const request = new Request(`http://hearth/api/sessions${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    const response = await hearth.fetch(request);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const create = async () => {
    const { body } = await ask("", { interface_file: "i.yml" });
    return (body["session"] as { session_id: string }).session_id;
  };
  return { hearth, ask, create };
}

describe("sessions in a program of one's own", () => {
  test("compute with the program's functions, and end with it", async () => {
    const first = embedded();
    const id = await first.create();
    const cell = { index: "a", column: "short" };
    expect((await first.ask(`/${id}/get_value_at`, cell)).body).toEqual({ status: "success", value: "AL" });
    await first.hearth.close();
    const again = embedded();
    expect((await again.ask(`/${id}/get_shape`)).status).toBe(404);
    expect(existsSync(join(folder, "sessions"))).toBeFalse();
    await again.hearth.close();
  });

  test("last where there is a folder for state", async () => {
    const stateDir = join(folder, "state");
    const first = embedded({ stateDir });
    const id = await first.create();
    await first.ask(`/${id}/set_value_at`, { index: "a", column: "short", value: "X" });
    await first.hearth.close();
    const again = embedded({ stateDir });
    const { body } = await again.ask(`/${id}/get_value_at`, { index: "a", column: "short" });
    expect(body).toEqual({ status: "success", value: "X" });
    await again.hearth.close();
  });

  test("functions that are none are refused at once", () => {
    const wrong = { initials: { row: "no function" } } as unknown as HearthOptions["functions"];
    expect(() => createHearth({ functions: wrong })).toThrow(
      expect.objectContaining({ code: "config-invalid" }) as Error,
    );
    expect(() => createHearth({ functions: { sql: { row: () => 1 } } })).toThrow(/"sql" already/);
  });
});
