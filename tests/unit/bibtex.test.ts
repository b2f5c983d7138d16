import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDataFixture, type DataFixture } from "./data-fixture.ts";
import { fault } from "./fault.ts";

let fixture: DataFixture;
beforeEach(() => {
  fixture = createDataFixture();
});
afterEach(() => fixture.close());

const put = (name: string, text: string) => writeFileSync(join(fixture.folder, name), text);
const read = async (text: string) => {
  put("refs.bib", text);
  return fixture.json({ type: "bibtex", filename: "refs.bib" });
};
const write = async (records: unknown) => {
  const { signal } = new AbortController();
  const output = { type: "bibtex", filename: "out.bib" };
  await fixture.service.write({ records }, output, { files: fixture.files, signal });
  return readFileSync(join(fixture.folder, "out.bib"), "utf8");
};

describe("a bibliography", () => {
  test("is read by author, year and title, with the usual fields first", async () => {
    const text = `
@Article{b, Title={On {Owls}
   and   Data}, AUTHOR="Zed, A", year=2020, zz={z}, url={u}}
@misc{a, author={Abe, B}, note={n}}
@misc{c, title={No author}}`;
    expect(await read(text)).toBe(
      '[{"ENTRYTYPE":"misc","ID":"a","title":null,"author":"Abe, B","year":null,"url":null,"note":"n","zz":null},' +
        '{"ENTRYTYPE":"article","ID":"b","title":"On {Owls}\\nand   Data","author":"Zed, A","year":"2020","url":"u","note":null,"zz":"z"},' +
        '{"ENTRYTYPE":"misc","ID":"c","title":"No author","author":null,"year":null,"url":null,"note":null,"zz":null}]',
    );
  });

  test("has its strings put in; a month's name stays", async () => {
    const text = `@string{ian = "Brown, Ian"} @comment{x} @preamble{"p"}
@book(k, author = ian # " and " # {Wood, J}, month = jan)`;
    expect(await read(text)).toBe(
      '[{"ENTRYTYPE":"book","ID":"k","author":"Brown, Ian and Wood, J","month":"jan"}]',
    );
  });

  test("without entries is an empty table", async () => {
    expect(await read("")).toBe("[]");
    expect(await read("only words\n")).toBe("[]");
  });

  test.each([
    ["@misc{a,\n t={x}\n}\n\n@misc{b,\n t={x\n}\n", "line 5"],
    ["@misc{a b, t={x}}", 'has "a b" where a key'],
    ["@misc{a, t={x} u={y}}", "line 1"],
    ["@misc{a, t}", 'has "t"'],
  ])("that is broken, %j, is refused with its place", async (text, reason) => {
    const error = await fault(read(text));
    expect(error.code).toBe("data-invalid");
    expect(error.message).toContain(reason);
  });

  test("is written by author, year and title, and read as it was", async () => {
    const records = [
      {
        ID: "z1",
        ENTRYTYPE: "article",
        title: "T {Z}",
        author: "zed, A",
        year: 2020,
        x: "b",
        a: "c",
        n: null,
      },
      { ID: "a1", ENTRYTYPE: "misc", title: "U", author: "Zed, A", year: 2019, n: "" },
    ];
    const text = await write(records);
    expect(text).toBe(
      "@misc{a1,\n  title = {U},\n  author = {Zed, A},\n  year = {2019}\n}\n\n" +
        "@article{z1,\n  title = {T {Z}},\n  author = {zed, A},\n  year = {2020},\n  a = {c},\n  x = {b}\n}\n",
    );
    expect(JSON.parse(await read(text))).toHaveLength(2);
    expect(await write([])).toBe("");
  });

  test.each([
    [[{ title: "t" }], "no ID"],
    [[{ ID: "a" }], "no ENTRYTYPE"],
    [[{ ID: "a b", ENTRYTYPE: "misc" }], '"a b" has a letter'],
    [
      [
        { ID: "a", ENTRYTYPE: "misc" },
        { ID: "a", ENTRYTYPE: "misc" },
      ],
      "there twice",
    ],
    [[{ ID: "a", ENTRYTYPE: "misc", t: "x}y{" }], "don't match"],
    [[{ ID: "a", ENTRYTYPE: "misc", "a=b": "x" }], '"a=b" can\'t be the name'],
  ])("of %j is refused", async (records, reason) => {
    const error = await fault(write(records));
    expect(error.message).toContain(reason);
    expect(error.status).toBe(400);
  });

  test("and Word documents are read by the folder", async () => {
    mkdirSync(join(fixture.folder, "docs"));
    put("docs/r.bib", "@misc{a, title={A}}\n@misc{b, title={B}}\n");
    copyFileSync(
      join(import.meta.dir, "../fixtures/documents/letter.docx"),
      join(fixture.folder, "docs", "letter.docx"),
    );
    const folder = { source: { directory: "docs" } };
    const bib = JSON.parse(await fixture.json({ type: "bibtex_directory", ...folder })) as object[];
    expect(bib).toMatchObject([
      { ID: "a", sourceFilename: "r.bib" },
      { ID: "b", sourceFilename: "r.bib" },
    ]);
    const [letter] = JSON.parse(await fixture.json({ type: "docx_directory", ...folder })) as {
      content: string;
    }[];
    expect(letter?.content).toContain("# A title");
    expect(letter?.content).toContain("Some **bold** text.");
    expect(JSON.parse(await fixture.json({ type: "directory", ...folder }))).toHaveLength(3);
    put("docs/bad.docx", "no document");
    expect((await fault(fixture.json({ type: "docx_directory", ...folder }))).message).toContain(
      'docs/bad.docx" is no readable Word document',
    );
  });
});
