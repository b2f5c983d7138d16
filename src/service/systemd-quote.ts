/**
 * One word of an `Exec...=` line as systemd.service(5) takes it: `%` and `$` stand for themselves, blanks and quotes
 * are part of the word.
 */
export function execWord(word: string): string {
  return quoted(word.replaceAll("$", "$$$$"));
}

/** The first word: in the program's path variables are not replaced, only specifiers are. */
export function execProgram(path: string): string {
  return quoted(path);
}

/** `NAME=value` for `Environment=`, where `$` has no meaning. */
export function environmentWord(name: string, value: string): string {
  return quoted(`${name}=${value}`, true);
}

const PLAIN = /^[\w./:=@,+-]+$/;

function quoted(word: string, always = false): string {
  const escaped = word.replaceAll("%", "%%");
  if (!always && PLAIN.test(word)) return escaped;
  return `"${escaped.replace(/[\\"\n\t\r]/g, (sign) => ESCAPES[sign] ?? sign)}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
};
