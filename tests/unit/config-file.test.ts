import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/file.ts";

const parse = (text: string) => parseConfig(text, "hearth.yaml");

describe("a config", () => {
  test("gives values in hearth's units, with their places", () => {
    const { values, problems, warnings } = parse(
      "port: 9000\nidleTimeout: 5m\nlog:\n  level: warn\n  maxSize: 1MiB\n",
    );
    expect([...values]).toEqual([
      ["port", { value: 9000, where: "hearth.yaml:1:7" }],
      ["idleTimeout", { value: 300, where: "hearth.yaml:2:14" }],
      ["log.level", { value: "warn", where: "hearth.yaml:4:10" }],
      ["log.maxSize", { value: 1_048_576, where: "hearth.yaml:5:12" }],
    ]);
    expect([...problems, ...warnings]).toEqual([]);
  });

  test("may be JSON, with tabs and a byte order mark, and errors have places too", () => {
    const { values, problems } = parse('\ufeff{\n\t"roots": ["a", "b"],\n\t"port": "x"\n}');
    expect(values.get("roots")?.value).toEqual(["a", "b"]);
    expect(problems).toEqual([
      'hearth.yaml:3:10: port: expected a port, a whole number from 0 to 65535, got "x"',
    ]);
  });

  test("of llama-swap runs as it is", () => {
    const text =
      "healthCheckTimeout: 60\nmacros:\n  x: y\nmodels:\n  a/b:\n    cmd: run ${PORT}\ngroups: {}\nstartPort: 1\n";
    const { models, problems, warnings } = parse(text);
    expect(Object.keys(models.values)).toEqual([
      "healthCheckTimeout",
      "macros",
      "models",
      "groups",
      "startPort",
    ]);
    expect([...problems, ...warnings]).toEqual([]);
  });

  test("with unknown keys warns, naming the place and the nearest key", () => {
    expect(parse("prot: 1\nlog:\n  levle: info\ncompletelyElse: 1\ntoken: secret\n").warnings).toEqual([
      'hearth.yaml:1:1: unknown key "prot" is ignored; did you mean "port"?',
      'hearth.yaml:4:1: unknown key "completelyElse" is ignored',
      'hearth.yaml:5:1: unknown key "token" is ignored; name a file that holds it by tokenFile, or set HEARTH_TOKEN',
      'hearth.yaml:3:3: unknown key "log.levle" is ignored; did you mean "level"?',
    ]);
  });

  test("takes anchors and merge keys", () => {
    const { values, problems } = parse("x: &x {port: 5}\nbodyLimit: &l 1MiB\ncacheLimit: *l\n<<: *x\n");
    expect(problems).toEqual([]);
    expect([values.get("port")?.value, values.get("cacheLimit")?.value]).toEqual([5, 1_048_576]);
  });

  test.each([
    ["", []],
    ["# nothing\n", []],
    ["port:\n", []],
  ])("%p is fine and says nothing", (text, problems) => {
    expect(parse(text).problems).toEqual(problems);
    expect(parse(text).values.size).toBe(0);
  });
});

test.each([
  ["port: abc", 'hearth.yaml:1:7: port: expected a port, a whole number from 0 to 65535, got "abc"'],
  ["roots: {a: 1}", "hearth.yaml:1:8: roots: expected a list of paths, got keys and values"],
  ["log: loud", 'hearth.yaml:1:6: log: expected keys and values, got "loud"'],
  ["extends: base", 'hearth.yaml:1:10: extends: expected user, got "base"'],
  ["- a", "hearth.yaml:1:1: expected keys and values"],
  ["just text", "hearth.yaml:1:1: expected keys and values"],
  ["a: 1\na: 2", "hearth.yaml:2:1: this key stands here a second time"],
  ["a: [1,\nb: 2", "hearth.yaml:2:1: the indentation does not fit the lines around it"],
  ["port: 1\n\tx: 2", "hearth.yaml:2:1: a tab can't be used for indentation; use blanks"],
  ["a: 'x", 'hearth.yaml:1:6: something is missing here: a closing quote, ":", "," or a closing bracket'],
  [
    "a: b: c",
    "hearth.yaml:1:4: there is a second key in this line; put the text in quotes, or begin a new line",
  ],
  [
    "a: *nope",
    "hearth.yaml:1:1: an alias (*name) has no anchor (&name) before it, or there are too many of them",
  ],
  ["a: 1\n---\nb: 2", "hearth.yaml:2:1: a second document begins here (---), and one is expected"],
])("%p is refused with its place", (text, problem) => expect(parse(text).problems[0]).toBe(problem));

test("aliases that unfold without end are refused quickly", () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `l${i}: &l${i} [${Array(9).fill(i === 0 ? "x" : `*l${i - 1}`)}]`,
  );
  expect(parse(levels.join("\n")).problems[0]).toContain("too many of them");
});
