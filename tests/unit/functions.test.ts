import { describe, expect, test } from "bun:test";
import { encodeRecords } from "../../src/data/json-write.ts";
import { parseJson } from "../../src/data/json-parse.ts";
import { tableFromRecords } from "../../src/data/columns.ts";
import type { Cell } from "../../src/data/table.ts";
import { functionFinder, parseEntries } from "../../src/functions/entry.ts";
import type { RowFunction } from "../../src/functions/function.ts";
import { FUNCTIONS } from "../../src/functions/index.ts";
import { runOverTable } from "../../src/functions/run-table.ts";
import { strftime } from "../../src/functions/strftime.ts";
import { camelCase, variableName } from "../../src/functions/variable-name.ts";
import { fault } from "./fault.ts";

const count: RowFunction = {
  kind: "row",
  name: "count",
  summary: "",
  parameters: { items: "", apply: "" },
  takesAnyArgument: false,
  call: ({ items, apply }) =>
    typeof apply === "function" ? apply({ format: "x" }) : (items as readonly Cell[]).length,
};
const split: RowFunction = {
  ...count,
  name: "split",
  parameters: { text: "" },
  call: ({ text }) => String(text).split(" "),
};
const find = functionFinder([...FUNCTIONS, count, split]);
const context = { now: new Date("2024-02-29T23:30:00Z"), timeZone: "Asia/Tokyo" };

async function run(records: string, entries: string): Promise<string> {
  const table = tableFromRecords(parseJson(records) as Cell[]);
  const made = await runOverTable(table, parseEntries(parseJson(entries), find), { find, context });
  return new TextDecoder().decode(encodeRecords(made));
}
const liquid = async (template: string, variables: string) => {
  const entry = `{"function":"render_liquid","field":"o","args":{"template":${JSON.stringify(template)},${variables.slice(1)}}`;
  const [row] = JSON.parse(await run("[{}]".replace("{}", '{"k":1}'), entry)) as { o: string }[];
  return row?.o;
};

describe("Liquid", () => {
  test.each([
    ["{{ x | plus: 1 }}", '{"x":2.0}', "3.0"],
    ["{{ x | times: 2 }} {{ y | divided_by: 2 }} {{ y | modulo: 3 }}", '{"x":1.5,"y":-7}', "3.0 -4 2"],
    ["{% if x == 1 %}same{% endif %}{% if x < 2 %} less{% endif %}", '{"x":1.0}', "same less"],
    [
      "{{ x }} {{ y }} {{ z }}",
      '{"x":12345678901234567890,"y":1e300,"z":[1,2.0,"a"]}',
      "12345678901234567890 1e+300 12.0a",
    ],
    ["{{ m.a }}{{ m.constructor }}{{ m.__proto__ }}", '{"m":{"a":1}}', "1"],
    ["[{{ a | nofilter }}][{{ nope.deeper }}]", '{"a":1}', "[][]"],
    ["{{ t | url_escape }}", `{"t":"it's (a) b/ü"}`, "it%27s%20%28a%29%20b/%C3%BC"],
    ["{% include 'x' %}", "{}", undefined],
  ] as const)("%s over %s", async (template, variables, expected) => {
    const given = variables === "{}" ? '{"k":1}' : variables;
    if (expected === undefined) expect((await fault(liquid(template, given))).code).toBe("data-invalid");
    else expect(await liquid(template, given)).toBe(expected);
  });

  test.each([
    "{% for i in (1..1000000000) %}{{ i }}{% endfor %}",
    "{% if %}",
    "{{ x | divided_by: 0 }}",
    "{{ 'a' | to_i }}",
  ])("what never ends or is broken is refused: %s", async (template) => {
    expect(await fault(liquid(template, '{"x":1}'))).toMatchObject({ code: "data-invalid" });
  });
});

test("arguments: whole columns, functions, several values, and which kind wins", async () => {
  expect(await run('[{"a":1},{"a":2}]', '{"function":"count","field":"n","column_args":{"items":"a"}}')).toBe(
    '[{"a":1,"n":2},{"a":2,"n":2}]',
  );
  expect(await run('[{"a":1}]', '{"function":"count","field":"n","function_args":{"apply":"today"}}')).toBe(
    '[{"a":1,"n":"x"}]',
  );
  expect(await run('[{"t":"x y"}]', '{"function":"split","field":["p","_"],"row_args":{"text":"t"}}')).toBe(
    '[{"t":"x y","p":"x"}]',
  );
  const both =
    '{"function":"render_liquid","field":"o","args":{"template":"{{ v }}"},"view_args":{"v":{"field":"a"}},"row_args":{"v":"b"}}';
  expect(await run('[{"a":1,"b":2}]', both)).toBe('[{"a":1,"b":2,"o":"2"}]');
});

test.each([
  ['{"function":"nope"}', "operation-unknown"],
  ['{"field":"x"}', "request-invalid"],
  ['{"function":"today","strange":1}', "request-invalid"],
  ['{"function":"today","args":{"fmt":"x"}}', "request-invalid"],
  ['{"function":"today","mode":"both"}', "request-invalid"],
  ['{"function":"count","field":"n","row_args":{"items":"zz"}}', "column-unknown"],
  ['{"function":"count","field":"n","column_args":{"items":"zz"}}', "column-unknown"],
  [
    '{"function":"render_liquid","field":"n","view_args":{"x":{"display":"{zz}"}},"args":{"template":""}}',
    "column-unknown",
  ],
  ['{"function":"convert_int","args":{"columns":"t"}}', "data-invalid"],
  ['{"function":"convert_datetime","args":{"columns":"t"}}', "data-invalid"],
  ['{"function":"ascending","args":{"by":"zz"}}', "column-unknown"],
] as const)("refused: %s", async (entry, code) => {
  expect((await fault(run('[{"a":1,"t":"text"}]', entry))).code).toBe(code);
});

test("dates are the caller's, and amounts are rounded as Python rounds them", async () => {
  expect(await run('[{"a":1}]', '{"function":"today","field":"d"}')).toBe('[{"a":1,"d":"2024-03-01"}]');
  const amounts =
    '[{"amount":0.125},{"amount":0.375},{"amount":1234567.5},{"amount":-0.5},{"amount":2.675},{"amount":null}]';
  expect(await run(amounts, '{"function":"augmentcurrency","field":"t","args":{"sf":2}}')).toBe(
    '[{"amount":0.125,"t":"0.12"},{"amount":0.375,"t":"0.38"},{"amount":1234567.5,"t":"1,234,567.50"},{"amount":-0.5,"t":"-0.50"},' +
      '{"amount":2.675,"t":"2.67"},{"amount":null,"t":null}]',
  );
  const parts = { year: 2024, month: 2, day: 29, hour: 15, minute: 4, second: 5 };
  expect(strftime(parts, "%d %b %y, %A %j, %I:%M:%S %p %% %Q")).toBe(
    "29 Feb 24, Thursday 060, 03:04:05 PM % %Q",
  );
  expect(
    await run(
      '[{"d":"29 February 2024"},{"d":"2024/3/1"},{"d":"2024-02-29 10:00:00+02:00"}]',
      '{"function":"convert_datetime","args":{"columns":"d"}}',
    ),
  ).toBe('[{"d":"2024-02-29T00:00:00"},{"d":"2024-03-01T00:00:00"},{"d":"2024-02-29T08:00:00"}]');
});

test("rows are chosen and ordered as pandas does it", async () => {
  expect(
    await run(
      '[{"a":"\\uff21"},{"a":"\\ud83e\\udd89"},{"a":null},{"a":"b"}]',
      '{"function":"descending","args":{"by":"a"}}',
    ),
  ).toBe('[{"a":"🦉"},{"a":"Ａ"},{"a":"b"},{"a":null}]');
  const spans =
    '[{"start":"2020-01-01","end":null,"flag":false},{"start":"2025-01-01","end":null,"flag":true},{"start":null,"end":null,"flag":null}]';
  expect(await run(spans, '{"function":"current","args":{"current":"flag"},"field":"now"}')).toContain(
    '"now":true},{"start":"2025-01-01","end":null,"flag":true,"now":true},{"start":null,"end":null,"flag":null,"now":false}',
  );
  expect((await fault(run('[{"a":1},{"a":"x"}]', '{"function":"ascending","args":{"by":"a"}}'))).code).toBe(
    "data-invalid",
  );
});

test.each([
  ["First Name", "firstName"],
  ["plain_name", "plain_name"],
  ["e-mail", "eMail"],
  ["HTTP status", "httpStatus"],
  ["the HTTP status", "theHTTPStatus"],
  ["a/b", "aOrB"],
])("the column %s is the variable %s", (column, variable) => {
  expect(variableName(column)).toBe(variable);
  expect(camelCase("x")).toBe("x");
});
