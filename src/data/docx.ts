import { HearthError } from "../errors.ts";

/** The part of a Word document that has its text (ECMA-376, part 1, 11.3.10). */
const DOCUMENT_PART = "word/document.xml";

/**
 * The text of a Word document (.docx) as Markdown: paragraphs, headings, list items, bold and italics. Pictures, notes
 * and comments are left out. Throws `data-invalid` for what is no such document, `data-too-large` for one that would not
 * fit into memory when it is unpacked.
 */
export async function docxText(bytes: Uint8Array, shownName: string, memoryLimit: number): Promise<string> {
  const [{ unzipSync, strFromU8 }, { SaxesParser }] = await Promise.all([import("fflate"), import("saxes")]);
  const part = (): Uint8Array | undefined =>
    unzipSync(bytes, {
      filter({ name, originalSize }) {
        if (name === DOCUMENT_PART && originalSize > memoryLimit) throw tooLarge(shownName, memoryLimit);
        return name === DOCUMENT_PART;
      },
    })[DOCUMENT_PART];
  try {
    const xml = part();
    if (xml === undefined) throw new TypeError("there is no text part");
    const text = new DocumentText();
    const parser = new SaxesParser();
    parser.on("opentag", ({ name, attributes }) => text.open(name, attributes as Record<string, string>));
    parser.on("text", (letters) => text.add(letters));
    parser.on("closetag", ({ name }) => text.close(name));
    parser.on("error", (error) => {
      throw error;
    });
    parser.write(strFromU8(xml)).close();
    return text.toString();
  } catch (cause) {
    if (cause instanceof HearthError) throw cause;
    throw new HearthError("data-invalid", `${shownName} is no readable Word document`, { cause });
  }
}

/** Puts a document's text together while its XML is read. */
class DocumentText {
  readonly #paragraphs: string[] = [];
  #paragraph = "";
  #run = "";
  #prefix = "";
  #marks = new Set<string>();
  #isText = false;

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    const value = attributes["w:val"];
    if (name === "w:p") [this.#paragraph, this.#prefix] = ["", ""];
    else if (name === "w:pStyle") this.#prefix = headingPrefix(value ?? "") || this.#prefix;
    else if (name === "w:numPr") this.#prefix ||= "- ";
    else if (name === "w:r") this.#marks.clear();
    else if ((name === "w:b" || name === "w:i") && !isOff(value))
      this.#marks.add(name === "w:b" ? "**" : "*");
    else if (name === "w:t") this.#isText = true;
    else if (name === "w:tab") this.#run += "\t";
    else if (name === "w:br") this.#run += "\n";
  }

  add(letters: string): void {
    if (this.#isText) this.#run += letters;
  }

  close(name: string): void {
    if (name === "w:t") this.#isText = false;
    else if (name === "w:r") this.#endRun();
    else if (name === "w:p" && this.#paragraph.trim() !== "") {
      this.#paragraphs.push(`${this.#prefix}${this.#paragraph.trim()}`);
    }
  }

  #endRun(): void {
    const words = this.#run.trim();
    const start = this.#run.length - this.#run.trimStart().length;
    const [before, after] = [this.#run.slice(0, start), this.#run.slice(start + words.length)];
    const marks = [...this.#marks].join("");
    // In a heading all is bold, and marks around nothing would be read as something else.
    const isPlain = marks === "" || words === "" || this.#prefix.startsWith("#");
    this.#paragraph += isPlain ? this.#run : `${before}${marks}${words}${marks}${after}`;
    this.#run = "";
  }

  toString(): string {
    return this.#paragraphs.join("\n\n");
  }
}

function headingPrefix(style: string): string {
  if (/^title$/i.test(style)) return "# ";
  const [, level] = /^heading ?([1-6])$/i.exec(style) ?? [];
  if (level !== undefined) return `${"#".repeat(Number(level))} `;
  return /^list/i.test(style) ? "- " : "";
}

function isOff(value: string | undefined): boolean {
  return value === "0" || value === "false" || value === "off";
}

function tooLarge(shownName: string, memoryLimit: number): HearthError {
  const limit = Math.floor(memoryLimit / 2 ** 20);
  return new HearthError("data-too-large", `${shownName} holds more than ${limit} MiB when it is unpacked`);
}
