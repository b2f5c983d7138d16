import type { OperationFacts } from "../../client/answers.ts";
import type { HearthClient } from "../../client/client.ts";
import { HearthError } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { printData } from "../print.ts";
import { exampleOf } from "./operation-examples.ts";

/** Prints what one operation does, what it takes, and an example. Throws `operation-unknown`, `usage` without a name. */
export async function explainOperation(
  client: HearthClient,
  name: string | undefined,
  isJson: boolean,
): Promise<void> {
  if (name === undefined) {
    throw new HearthError("usage", "Which operation?", { hint: "hearth compute list shows them all." });
  }
  const { operations, warnings = [] } = await client.operations();
  const operation = operations.find((each) => each.name === name);
  if (operation === undefined) {
    const names = operations.map((each) => each.name);
    const unloaded = warnings.length === 0 ? "" : ` Not loaded: ${warnings.join("; ")}.`;
    throw new HearthError("operation-unknown", `No operation named "${name}"`, {
      hint: `${didYouMean(name, names)}${unloaded}`,
    });
  }
  const example = exampleOf(operation);
  printData(isJson ? `${JSON.stringify({ ...operation, example })}\n` : explained(operation, example));
}

function explained(operation: OperationFacts, example: string): string {
  const { name, kind, origin, summary, parameters, arguments: own } = operation;
  const parts = [
    `${name}, ${kind}${origin === undefined ? "" : ` of ${origin}`}`,
    `  ${summary}`,
    ...(own === undefined ? [] : section("Arguments", own)),
    ...section("Parameters", parameters),
    "",
    "Example:",
    `  ${example}`,
  ];
  return `${parts.join("\n")}\n`;
}

function section(title: string, entries: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(entries);
  if (names.length === 0) return [];
  const width = Math.max(...names.map((name) => name.length));
  return ["", `${title}:`, ...names.map((name) => `  ${name.padEnd(width)}  ${entries[name] ?? ""}`)];
}
