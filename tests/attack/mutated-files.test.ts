import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { logOf, read } from "../contract/support.ts";
import { answered, ATTACK_MS, eachOf, expectHonest, expectUnharmed, times } from "../support/attack.ts";
import { mutated } from "../support/mutate.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { PROJECT, TARGETS } from "../support/targets.ts";

const CASES = times(2000, 30);
const SEED = 20_261_128;

const CSV = `id,name,amount,when\n1,"Ann, B",1.5,2024-01-01\n2,Bob,,2024-02-30\n3,"say ""hi""",-7e3,NA\n`;
const BIB = `@string{pub = "Press"}\n@book{k1, title = {A {B} "c"}, publisher = pub # " Inc", year = 1999}\n@article(k2, author="X and Y", pages={1--2})\n`;
const YAML = `- &b {x: 1, y: [a, 'b', "c\\n"]}\n- <<: *b\n  z: 2024-01-01\n- x: .inf\n  s: |\n    text\n`;
const MARKDOWN = `---\ntitle: Warm\ntags: [a, b]\nmore: {k: 1}\n---\n# Head\n\n*a* **b** [c](d) \`e\`\n`;
const JSON_ROWS = JSON.stringify([
  { id: 1, name: "Ann", more: { a: [1, 2, { b: null }] } },
  { id: 12_345_678_901, name: "\u00e9\ud83d\ude00" },
]);

const bytes = (text: string) => new TextEncoder().encode(text);
const document = (name: string) => readFileSync(join(PROJECT, "tests/fixtures/documents", name));

/** A valid file of each format by its name; what the server has to write itself is undefined. */
const SEEDS: Readonly<Record<string, Uint8Array | undefined>> = {
  "a.csv": bytes(CSV),
  "a.tsv": bytes(CSV.replaceAll(",", "\t")),
  "a.json": bytes(JSON_ROWS),
  "a.ndjson": bytes('{"a":1,"b":{"c":[1]}}\n{"a":"x","d":null}\n\n{"a":1e5}\n'),
  "a.yaml": bytes(YAML),
  "a.md": bytes(MARKDOWN),
  "a.bib": bytes(BIB),
  "a.xlsx": document("odd.xlsx"),
  "a.xls": document("old.xls"),
  "a.docx": document("letter.docx"),
  "a.parquet": undefined,
  "a.arrows": undefined,
  "a.csv.gz": gzipSync(bytes(CSV.repeat(20))),
  "a.json.zst": zstdCompressSync(bytes(JSON_ROWS)),
};

describe.each(TARGETS)("damaged files, read by a guest of %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(target);
  });
  afterAll(async () => {
    await server.stop();
  });

  /** The bytes that the server itself writes. */
  async function written(name: string): Promise<Uint8Array> {
    const records = Array.from({ length: 50 }, (_, i) => ({
      n: i,
      text: `row ${i}`,
      half: i / 2,
      ok: i % 3 === 0,
    }));
    const type = name.endsWith(".parquet") ? "parquet" : "arrow";
    const response = await server.post("/api/write_data", {
      output: { type, filename: name },
      data: { records },
    });
    if (response.status !== 200) throw new Error(await response.text());
    return readFileSync(join(server.place.data, name));
  }

  test.each(Object.keys(SEEDS))(
    "%s: each is read, or rejected with a reason",
    async (name) => {
      const seed = SEEDS[name] ?? (await written(name));
      const readAs = async (label: string, content: Uint8Array) => {
        const folder = `${label}-${name.replaceAll(".", "-")}`;
        const filename = `${folder}/${name}`;
        server.place.write(filename, content);
        const source = name.endsWith(".docx")
          ? { type: "docx_directory", source: { directory: folder } }
          : { type: "auto", filename };
        const response = await answered(read(server, source), `${name}, ${label}`);
        rmSync(join(server.place.data, folder), { recursive: true });
        return response;
      };
      const whole = await readAs("whole", seed);
      expect({ status: whole.status, text: (await whole.text()).slice(0, 200) }).toMatchObject({
        status: 200,
      });
      await eachOf(
        Array.from({ length: CASES }, (_, at) => at),
        async (at) => {
          await expectHonest(await readAs(`case-${at}`, mutated(seed, SEED + at)), `${name}, case ${at}`);
        },
      );
      await expectUnharmed(server, logOf(server));
    },
    ATTACK_MS,
  );
});
