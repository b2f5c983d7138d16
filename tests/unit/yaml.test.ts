import { expect, test } from "bun:test";
import { splitFrontMatter } from "../../src/data/front-matter.ts";
import { writeJson } from "../../src/data/json-write.ts";
import { pythonRepr, pythonStr } from "../../src/data/python-text.ts";
import { columnFromCells } from "../../src/data/columns.ts";
import type { Cell } from "../../src/data/table.ts";
import { parseJson } from "../../src/data/json-parse.ts";
import { writeYaml } from "../../src/data/yaml/write.ts";
import { parseYaml } from "../../src/data/yaml/parse.ts";
import { HearthError } from "../../src/errors.ts";

/** What PyYAML 6.0's `safe_load` gives, as JSON; dates as ISO text. */
test.each([
  ["[no, Off, yes, ON, y, n, ~, null, '']", '[false,false,true,true,"y","n",null,null,""]'],
  ["[012, 0x1F, 0b11, 1_000, -7, 08, 0o14, 1:30, 1:70]", '[10,31,3,1000,-7,"08","0o14",90,"1:70"]'],
  ["12345678901234567890", "12345678901234567890"],
  ["[1e3, 1.0e+3, .5, 3., -1.5, 190:20:30.15]", '["1e3",1000.0,0.5,3.0,-1.5,685230.15]'],
  ["[2024-02-29, 2024-2-3, 2024-02-30]", '["2024-02-29","2024-2-3","2024-02-30"]'],
  [
    "[2024-02-29 10:11:12, 2024-02-29T1:02:03.5Z, 2024-02-29 10:00:00 -3:30]",
    '["2024-02-29T10:11:12","2024-02-29T01:02:03.500000+00:00","2024-02-29T10:00:00-03:30"]',
  ],
  [
    "{2021: a, 1: b, 2.0: c, true: d, 2024-01-01: e}",
    '{"2021":"a","1":"b","2.0":"c","true":"d","2024-01-01":"e"}',
  ],
  ["a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", '{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}'],
  ["a: {<<: [{b: 1}, {b: 2, c: 3}]}", '{"a":{"b":1,"c":3}}'],
  ["a: 1\na: 2", '{"a":2}'],
  ["a: |\n  x\n  y\nb: >\n  p\n  q", '{"a":"x\\ny\\n","b":"p q"}'],
  ["[!!str 12, !!int '7', !!float '1', !!binary aGk=]", '["12",7,1.0,"aGk="]'],
  ["__proto__: {x: 1}", '{"__proto__":{"x":1}}'],
  ["", "null"],
  ["# only a comment", "null"],
])("YAML 1.1: %s", (text, json) => {
  expect(writeJson(parseYaml(text, '"t.yml"'))).toBe(json);
});

test.each([
  ["a: [1, 2\nb: }", '"t.yml" is not valid YAML: line 2, column 1'],
  ["- a\n---\n- b", "line 2, column 1: a second document begins here"],
  ["x: 1\na: &x [*x]", "line 2: an alias stands inside of what it names"],
  ["a: *nobody", "line 1"],
  ["a: !python/object:os.system ls", "is not known"],
  ["[".repeat(600) + "]".repeat(600), "nested"],
])("is refused with its place: %s", (text, words) => {
  let error: unknown;
  try {
    parseYaml(text, '"t.yml"');
  } catch (reason) {
    error = reason;
  }
  expect(error).toBeInstanceOf(HearthError);
  expect((error as HearthError).code).toBe("data-invalid");
  expect((error as HearthError).message).toContain(words);
});

test("aliases that stand for billions of values are refused, and soon", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 10; i += 1)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(", ")}]`,
    );
  expect(() => parseYaml(lines.join("\n"), '"t.yml"')).toThrow("with its aliases put in");
});

test("what is written is read back the same, here and by PyYAML's rules", () => {
  const texts = [
    "yes",
    "1",
    "é: #",
    "null",
    "two\nlines",
    "two\nlines\n",
    "\nx",
    "- x",
    "it's",
    " lead",
    "tab\there",
  ];
  const more = [
    "~",
    "012",
    "1:30",
    "2024-01-01",
    "1e3",
    "@at",
    "\u0007",
    "n",
    "trail \nx",
    "x\r\ny",
    "",
    "x: ",
    "\u2028",
    "a\n\n",
  ];
  const value = parseJson(
    `[{"t":${JSON.stringify([...texts, ...more])},"n":[1,2.0,1e300,-0.5,12345678901234567890,true,null],"e":[[],{}],"2021":1,"yes":2}]`,
  );
  expect(writeJson(parseYaml(writeYaml(value), "t"))).toBe(writeJson(value));
  expect(writeYaml(parseJson('[{"a":1,"l":[1,[2]],"t":"two\\nlines","y":"no","f":2.0}]'))).toBe(
    "- a: 1\n  l:\n  - 1\n  - - 2\n  t: |-\n    two\n    lines\n  y: 'no'\n  f: 2.0\n",
  );
  expect(writeYaml(parseYaml("[2024-02-29, 2024-02-29 10:11:12]", "t"))).toBe(
    "- 2024-02-29\n- 2024-02-29 10:11:12\n",
  );
});

test("a moment is text in a table, and as Python says it elsewhere", () => {
  const [day, time] = parseYaml("[2024-02-29, 2024-02-29 10:11:00]", "t") as readonly Cell[] as [Cell, Cell];
  expect([pythonStr(day), pythonStr(time)]).toEqual(["2024-02-29", "2024-02-29 10:11:00"]);
  expect(pythonRepr([day, time])).toBe(
    "[datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 10, 11)]",
  );
  expect(columnFromCells("t", [time, null]).dtype).toBe("datetime64[ns]");
  expect(columnFromCells("d", [day, null]).dtype).toBe("object");
  expect(columnFromCells("m", [day, time])).toMatchObject({ values: ["2024-02-29", "2024-02-29T10:11:00"] });
});

test.each([
  ["---\na: 1\n---\n\nBody\n", "\na: 1\n", "Body"],
  ["\n\n---\r\na: 1\r\n----\r\nBody", "\na: 1\n", "Body"],
  ["\uFEFF---\na: 1\n---\n", "\na: 1\n", ""],
  ["Just text\n---\nno\n---\n", undefined, "Just text\n---\nno\n---"],
  ["---\nnever closed\n", undefined, "---\nnever closed"],
])("front matter of %j", (text, head, body) => {
  expect(splitFrontMatter(text)).toMatchObject({ head, body });
});
