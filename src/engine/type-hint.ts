const NUMBERS = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL.*|BIGNUM)$/;

/**
 * How to convert the arguments of a call that no function takes, such as `CAST(date AS DATE)`.
 *
 * @param call the call with its types, such as `year(VARCHAR)`
 * @param message the engine's, with its candidates a line
 * @param source the SQL from the call on, to name the column
 */
export function typeHint(call: string, message: string, source: string): string {
  const given = typesOf(call);
  const candidates = [...message.matchAll(/^\t+(\S[^\n]*?) -> /gm)].map(([, text]) => typesOf(text ?? ""));
  const wanted = wantedType(given, candidates);
  const index = given.findIndex((type) => (wanted === "VARCHAR" ? !isText(type) : type === "VARCHAR"));
  const name = argumentOf(source, given.length, index) ?? "x";
  return `Convert first, for example with CAST(${name} AS ${wanted}); TRY_CAST gives null where that fails.`;
}

/** Numbers where the function takes them, else dates, else what the nearest candidate wants. */
function wantedType(given: readonly string[], candidates: readonly (readonly string[])[]): string {
  const same = candidates.filter((types) => types.length === given.length);
  const exact = same.filter((types) => types.every((type, i) => isText(given[i]) || fits(given[i], type)));
  const wanted = (exact.length > 0 ? exact : same).flatMap((types) =>
    types.filter((type, i) => !fits(given[i], type)),
  );
  if (wanted.some((type) => NUMBERS.test(type))) return "DOUBLE";
  return ["DATE", "TIMESTAMP", "VARCHAR"].find((type) => wanted.includes(type)) ?? wanted[0] ?? "DOUBLE";
}

function typesOf(call: string): readonly string[] {
  const open = call.indexOf("(");
  const inner = call.slice(open + 1, call.lastIndexOf(")"));
  return inner === "" ? [] : inner.split(/, (?![^(]*\))/);
}

function isText(type: string | undefined): boolean {
  return type === "VARCHAR" || type === "STRING_LITERAL";
}

function fits(given: string | undefined, type: string): boolean {
  if (given === "STRING_LITERAL") return type === "VARCHAR";
  if (given === "INTEGER_LITERAL") return NUMBERS.test(type);
  return given === type;
}

/** The column that stands as this argument of the call; undefined where it is anything but a name. */
function argumentOf(source: string, count: number, index: number): string | undefined {
  const inner = /^\w+\s*\(([^()']*(?:'[^']*'[^()']*)*)\)/.exec(source.slice(0, 1000))?.[1];
  const written = inner?.split(",").map((text) => text.trim());
  if (written?.length !== count) return undefined;
  const name = written[index] ?? "";
  return /^(?:[\p{L}_][\p{L}\p{N}_.]*|"[^"]+")$/u.test(name) ? name : undefined;
}
