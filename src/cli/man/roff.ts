/** Text as roff shows it: nothing in it is taken for a request or an escape. */
export function escapeText(text: string): string {
  // A plain hyphen would become a typographic one, which nobody can copy into a shell; likewise quotes, ^ and ~.
  const escaped = text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti");
  // Beyond ASCII by code, so that the page is the same in every locale.
  const portable = [...escaped]
    .map((char) => ((char.codePointAt(0) ?? 0) < 128 ? char : codeOf(char)))
    .join("");
  // A dot that begins a line would be a request.
  return portable.replaceAll(/^\./gm, "\\&.");
}

function codeOf(char: string): string {
  return `\\[u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`;
}

/** Prose, in which `code` is bold. */
export function prose(text: string): string {
  const parts = text.split("`");
  return parts.map((part, index) => (index % 2 === 1 ? bold(part) : escapeText(part))).join("");
}

/** What is typed as it stands. */
export function bold(text: string): string {
  return `\\fB${escapeText(text)}\\fR`;
}

/** What somebody puts something of their own for. */
export function italic(text: string): string {
  return `\\fI${escapeText(text)}\\fR`;
}

/** A heading of the first level. */
export function heading(title: string): string {
  return `.SH ${quoted(title.toUpperCase())}`;
}

/** A heading of the second level. */
export function subheading(title: string): string {
  return `.SS ${quoted(title)}`;
}

/** A term, already marked up, and what is said of it. */
export function item(term: string, text: string): string {
  return `.TP\n${term}\n${prose(text)}`;
}

/** Lines as they are, such as commands. */
export function verbatim(lines: readonly string[]): string {
  return [".PP", ".RS 4", ".nf", ...lines.map(escapeText), ".fi", ".RE"].join("\n");
}

/** A paragraph of its own. */
export function paragraph(text: string): string {
  return `.PP\n${prose(text)}`;
}

function quoted(text: string): string {
  return `"${escapeText(text).replaceAll('"', "\\(dq")}"`;
}
