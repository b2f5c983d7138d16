const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/**
 * The name by which templates know a column: itself where it can be a variable, else in camel case: "First Name" is
 * firstName.
 */
export function variableName(column: string | number): string {
  const name = String(column);
  return IDENTIFIER.test(name) ? name : camelCase(name);
}

/** True for a name that a variable can have. */
export function isVariableName(name: string): boolean {
  return IDENTIFIER.test(name);
}

/** Words run together, each but the first with a capital; words that are all capitals stay so. */
export function camelCase(text: string): string {
  const spaced = text.replaceAll("/", " or ").replaceAll("@", " at ");
  const [first = "", ...others] = spaced.split(/[^a-zA-Z0-9]+/).filter((word) => word !== "");
  return first.toLowerCase() + others.map(capitalized).join("");
}

function capitalized(word: string): string {
  if (word === word.toUpperCase()) return word;
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
