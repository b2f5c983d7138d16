import { type CellObject, isCellObject } from "../data/json-keys.ts";
import { checkSource, pathOptionsOf } from "../data/source-check.ts";
import type { Cell } from "../data/table.ts";
import { readerOf } from "../data/readers/index.ts";
import { HearthError } from "../errors.ts";
import { type InterfaceOptions, loadInterface } from "./load.ts";
import { type SectionName, sectionsOf } from "./sections.ts";

/** What an interface is made of, and what is wrong with it. */
export interface InterfaceReport {
  /** Real paths of all files that were read, its own first. */
  readonly files: readonly string[];
  readonly sections: readonly { readonly name: SectionName; readonly type: string }[];
  /** In words; none when all is well. */
  readonly problems: readonly string[];
}

/**
 * Loads an interface as a session would and looks at each of its sections: its type, its index, and whether the files
 * that are only read are there. Throws what loading throws.
 */
export async function checkInterface(
  names: string | readonly string[],
  options: InterfaceOptions,
): Promise<InterfaceReport> {
  const { values, stamps } = await loadInterface(names, options);
  const base = values["base_directory"];
  const sections: InterfaceReport["sections"][number][] = [];
  const problems: string[] = [];
  for (const { name, kind } of sectionsOf(values)) {
    const section = values[name] as Cell;
    sections.push({ name, type: isCellObject(section) ? String(section["type"] ?? "") : "" });
    const problem = await problemOf(section, { ...options, base, isWritten: kind !== "input" }).catch(
      wordsOf,
    );
    if (problem !== undefined) problems.push(`${name}: ${problem}`);
  }
  if (sections.length === 0) problems.push("It has no section with data, such as input");
  return { files: stamps.map(({ realPath }) => realPath), sections, problems };
}

interface SectionContext extends InterfaceOptions {
  readonly base: Cell | undefined;
  readonly isWritten: boolean;
}

async function problemOf(section: Cell, context: SectionContext): Promise<string | undefined> {
  const source = checkSource({ base_directory: context.base, ...(section as CellObject) });
  await readerOf(source);
  if (typeof source.index !== "string") return "it names no index";
  if (typeof source.filename !== "string" || context.isWritten) return undefined;
  await context.files.stamp(source.filename, pathOptionsOf(source));
  return undefined;
}

function wordsOf(error: unknown): string {
  if (error instanceof HearthError) return error.message;
  throw error;
}
