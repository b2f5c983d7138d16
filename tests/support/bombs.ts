import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";

/** A file that is small on disk and large, or slow, to read. The same bytes each time. */
export interface Bomb {
  readonly name: string;
  /** As a data source, without its file name. */
  readonly source: Readonly<Record<string, unknown>>;
  readonly make: () => Uint8Array;
}

const text = (content: string) => strToU8(content);
const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("");

const AUTO = { type: "auto" };

/** Workbooks: texts that unpack to hundreds of MB, rows and columns far out, entities. */
const WORKBOOKS: readonly Bomb[] = [
  { name: "texts.xlsx", source: AUTO, make: () => workbook(sheet(CELL), sharedStrings(10_000_000)) },
  {
    name: "far-row.xlsx",
    source: AUTO,
    make: () => workbook(sheet(CELL + farRow("99999999999", "A99999999999"))),
  },
  { name: "far-column.xlsx", source: AUTO, make: () => workbook(sheet(CELL + farRow("2", "ZZZZZZZ2"))) },
  {
    name: "wide-row.xlsx",
    source: AUTO,
    make: () => workbook(sheet(lines(20_000, (i) => farRow(String(i + 1), `XFD${i + 1}`)))),
  },
];

/** Word documents whose text runs cost the square of their length. */
const DOCUMENTS: readonly Bomb[] = [
  {
    name: "blanks.docx",
    source: { type: "list" },
    make: () => word(`${" ".repeat(300_000)}x${" ".repeat(300_000)}y`),
  },
  { name: "large.docx", source: { type: "list" }, make: () => word("A".repeat(100_000_000)) },
];

/** YAML with aliases of aliases, deep nesting, and texts that take the parser the square of their length. */
const YAML: readonly Bomb[] = [
  {
    name: "aliases.yaml",
    source: AUTO,
    make: () =>
      text(
        `a0: &a0 [${"x,".repeat(10)}]\n${lines(12, (i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]\n`)}`,
      ),
  },
  {
    name: "merges.yaml",
    source: AUTO,
    make: () =>
      text(
        `a0: &a0 {${lines(1000, (i) => `k${i}: 1, `)}}\n${lines(9, (i) => `a${i + 1}: &a${i + 1} {${`<<: *a${i}, `.repeat(10)}}\n`)}`,
      ),
  },
  { name: "deep.yaml", source: AUTO, make: () => text("[".repeat(200_000)) },
  { name: "mapping.yaml", source: AUTO, make: () => text("{a: ".repeat(50_000)) },
  { name: "anchors.yaml", source: AUTO, make: () => text(lines(60_000, (i) => `- &a${i} x\n- *a${i}\n`)) },
  { name: "stars.md", source: AUTO, make: () => text(`---\n${"* ".repeat(600_000)}\n---\ntext\n`) },
  { name: "packed.yaml.gz", source: AUTO, make: () => gzipSync(text("- a\n".repeat(5_000_000))) },
];

/** Bibliographies: strings made of strings, nesting. */
const BIBLIOGRAPHIES: readonly Bomb[] = [
  {
    name: "strings.bib",
    source: AUTO,
    make: () =>
      text(
        `@string{a="${"x".repeat(1000)}"}\n${lines(9, (i) => `@string{a${i} = ${Array.from({ length: 10 }, () => (i === 0 ? "a" : `a${i - 1}`)).join(" # ")}}\n`)}@a{k, t = a8}`,
      ),
  },
  { name: "nested.bib", source: AUTO, make: () => text(`@a{k, t = ${"{".repeat(2_000_000)}`) },
];

/** JSON that is packed or deep. */
const JSON_TEXTS: readonly Bomb[] = [
  { name: "deep.json", source: AUTO, make: () => text("[".repeat(5_000_000)) },
  { name: "deep.json.gz", source: AUTO, make: () => gzipSync(text("[".repeat(20_000_000))) },
  {
    name: "records.json.gz",
    source: AUTO,
    make: () => gzipSync(text(`[${'{"a":1},'.repeat(8_000_000)}{}]`)),
  },
];

/** Every kind of bomb whose format a reader process reads. */
export const READER_BOMBS: readonly Bomb[] = [
  ...WORKBOOKS,
  ...DOCUMENTS,
  ...YAML,
  ...BIBLIOGRAPHIES,
  ...JSON_TEXTS,
];

/** A row with the first of the shared texts. */
export const CELL = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

/** A sheet's XML. */
export function sheet(rows: string): string {
  return `<worksheet xmlns="${MAIN}"><sheetData>${rows}</sheetData></worksheet>`;
}

/** A row with one cell, wherever it says that it lies. */
export function farRow(row: string, cell: string): string {
  return `<row r="${row}"><c r="${cell}"><v>1</v></c></row>`;
}

/** A workbook's texts, all of them empty. */
export function sharedStrings(count: number): string {
  return `<sst xmlns="${MAIN}">${"<si/>".repeat(count)}</sst>`;
}

/** An .xlsx file of one sheet. */
export function workbook(sheetXml: string, strings = `<sst xmlns="${MAIN}"/>`): Uint8Array {
  const relation = (id: number, type: string, target: string) =>
    `<Relationship Id="rId${id}" Type="${OFFICE}/${type}" Target="${target}"/>`;
  const relations = (inner: string) =>
    `<Relationships xmlns="${PACKAGE}/relationships">${inner}</Relationships>`;
  const part = (name: string, type: string) =>
    `<Override PartName="/xl/${name}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.${type}+xml"/>`;
  return zip({
    "[Content_Types].xml": `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>${part("workbook", "sheet.main")}${part("worksheets/sheet1", "worksheet")}${part("sharedStrings", "sharedStrings")}</Types>`,
    "_rels/.rels": relations(relation(1, "officeDocument", "xl/workbook.xml")),
    "xl/workbook.xml": `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relations(
      relation(1, "worksheet", "worksheets/sheet1.xml") + relation(2, "sharedStrings", "sharedStrings.xml"),
    ),
    "xl/worksheets/sheet1.xml": sheetXml,
    "xl/sharedStrings.xml": strings,
  });
}

/** A .docx file of one text. */
export function word(content: string): Uint8Array {
  return wordXml(`<w:body><w:p><w:r><w:t xml:space="preserve">${content}</w:t></w:r></w:p></w:body>`);
}

/** A .docx file with this body, and a document type before it. */
export function wordXml(body: string, documentType = ""): Uint8Array {
  return zip({ "word/document.xml": `${documentType}<w:document xmlns:w="${WORD}">${body}</w:document>` });
}

/** A packed file. */
export function zip(parts: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(parts).map(([name, content]) => [name, text(content)] as const);
  return zipSync(Object.fromEntries(entries), { level: 1, mtime: new Date("2024-01-01T00:00:00Z") });
}
