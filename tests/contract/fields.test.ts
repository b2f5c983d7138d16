import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Machine } from "../support/machine.ts";
import { startServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";

const TALK = `---
title: "Talk at $PLACE"
date: 2024-07-08
when: 2024-07-08 10:11:12
week: 4
ratio: 2.0
nothing:
categories: [alpha, "b'c"]
authors:
- {given: Ann, born: 1990-01-02}
venue: Hall
---
Body
`;

describe.each(TARGETS)("fields of talks and interfaces on %s", (target) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.create(target);
    machine.place.write("talk.md", TALK);
    machine.place.write("_lamd.yml", "venue: other\nmacros: $PLACE/macros\nyear: 2030\n");
    machine.place.write("_config.yml", "layout: slides\nyear: 1\n");
    machine.place.write("sub/talk.md", "---\ntitle: Below\n---\n");
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  const field = (...args: string[]) => machine.run(["field", ...args], { env: { PLACE: "the harbour" } });

  test("that can't be reached are told of once, not for the text and each config", async () => {
    expect((await machine.run(["ping"])).exitCode).toBe(0);
    const answer = await fetch(`http://127.0.0.1:${machine.port}/api/talk/fields`, {
      method: "POST",
      body: '{"markdown_file": "talk.md", "fields": ["title"]}',
    });
    expect(await answer.json()).toMatchObject({
      missing: ["title"],
      warnings: ["This server has no folder open to callers by TCP"],
    });
  });

  test("are printed as lamd's mdfield prints them", async () => {
    expect(await field("title", "talk.md")).toMatchObject({ exitCode: 0, stdout: "Talk at the harbour\n" });
    expect((await field("absent", "talk.md")).stdout).toBe("\n");
    const names = ["title", "date", "when", "week", "ratio", "nothing", "categories", "authors", "venue"];
    const further = ["macros", "layout", "year", "absent"];
    expect((await field("batch", "talk.md", "--fields", ...names, ...further)).stdout.split("\n")).toEqual([
      "title:Talk at the harbour",
      "date:2024-07-08",
      "when:2024-07-08 10:11:12",
      "week:4",
      "ratio:2.0",
      "nothing:None",
      "categories:['alpha', 'b'c']",
      "authors:[{'given': 'Ann', 'born': datetime.date(1990, 1, 2)}]",
      "venue:Hall",
      "macros:the harbour/macros",
      "layout:slides",
      "year:2030",
      "absent:",
      "",
    ]);
    expect((await field("layout", "talk.md", "--first-config")).stdout).toBe("\n");
    expect((await field("title", "sub/talk.md", "--use-server")).stdout).toBe("Below\n");
    expect((await field("year", "talk.md", "--config-file", "_config.yml", "--json")).stdout).toBe("1\n");
    expect((await field("title")).exitCode).toBe(2);
  });

  test("what is missing or broken has no fields, and is told", async () => {
    machine.place.write("broken.md", "---\ntitle: [x\n---\n");
    const broken = await field("venue", "broken.md");
    expect(broken).toMatchObject({ exitCode: 0, stdout: "other\n" });
    expect(broken.stderr).toContain('warning: "broken.md" is not valid YAML: line 3');
    expect(await field("venue", "nowhere.md")).toMatchObject({ stdout: "other\n", stderr: "" });
  });

  test("an interface is read and checked with all it inherits", async () => {
    machine.place.write("c.yml", "inherit: {directory: ., filename: p.yml}\nown: $PLACE\n");
    machine.place.write("p.yml", "o: 1\ninput: {type: csv, filename: nowhere.csv, index: k}\n");
    const read = (name: string) =>
      machine.run(["interface", "read", "c.yml", name], { env: { PLACE: "here" } });
    expect((await read("own")).stdout).toBe('"here"\n');
    expect((await read("o")).stdout).toBe("1\n");
    const check = await machine.run(["interface", "check", "c.yml"]);
    expect(check.exitCode).toBe(1);
    expect(check.stdout).toContain("problem: input: No file");
    machine.place.write("nowhere.csv", "k\n1\n");
    expect((await machine.run(["interface", "check", "c.yml"])).exitCode).toBe(0);
    const circle = machine.place.write("circle.yml", "inherit: {directory: ., filename: circle.yml}\n");
    const refused = await machine.run(["interface", "check", circle]);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("inherits from itself") });
  });
});

test.each(TARGETS)(
  "a guest on %s gets many fields in one request, and nothing from outside",
  async (target) => {
    const server = await startServer(target, { env: { HEARTH_X: "secret", SHOWN: "yes" } });
    server.place.write("t.md", "---\na: $SHOWN $HEARTH_X\nb: 2.0\n---\n");
    server.place.write("_config.yml", "c: 3\n");
    const ask = async (body: object) => {
      const answer = await server.post("/api/talk/fields", body);
      return { status: answer.status, text: await answer.text() };
    };
    expect(await ask({ fields: ["a", "b", "c", "d"], markdown_file: "t.md" })).toEqual({
      status: 200,
      text: '{"status":"success","values":{"a":"yes $HEARTH_X","b":2.0,"c":3},"missing":["d"]}',
    });
    const outside = await ask({ fields: ["c"], markdown_file: "/etc/passwd" });
    expect(outside.status).toBe(200);
    expect(JSON.parse(outside.text)).toMatchObject({
      values: { c: 3 },
      warnings: [expect.stringContaining("root")],
    });
    expect((await ask({ fields: "a", markdown_file: "t.md" })).status).toBe(400);
    expect((await ask({ fields: ["a"] })).status).toBe(400);
    const check = await server.post("/api/interface/check", { interface_file: "/etc/hosts" });
    expect(check.status).toBe(403);
    await server.stop();
  },
);
