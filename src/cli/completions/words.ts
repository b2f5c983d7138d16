import { type ArgDef, type CommandTable, isGroup } from "../command.ts";

/** What a shell should offer behind a flag or in a place. */
export type Offer =
  | { readonly kind: "nothing" }
  | { readonly kind: "files" }
  | { readonly kind: "folders" }
  | { readonly kind: "words"; readonly words: readonly string[] };

export interface FlagWords {
  readonly name: string;
  readonly alias: string | undefined;
  readonly description: string;
  /** Undefined for a switch, which takes no value. */
  readonly value: Offer | undefined;
  readonly isRepeatable: boolean;
}

/** One command as shells need it. */
export interface CommandWords {
  /** Such as ["config", "show"]. */
  readonly path: readonly string[];
  readonly description: string;
  /** The words below a group. */
  readonly children: readonly string[];
  readonly flags: readonly FlagWords[];
  readonly positional: Offer;
}

/** All commands of a table, groups before what is below them. */
export async function collectWords(
  table: CommandTable,
  above: readonly string[] = [],
): Promise<CommandWords[]> {
  const collected: CommandWords[] = [];
  for (const [name, load] of Object.entries(table)) {
    const { default: command } = await load();
    const path = [...above, name];
    const { description } = command;
    if (isGroup(command)) {
      const children = Object.keys(command.commands);
      collected.push({
        path,
        description,
        children,
        flags: [],
        positional: { kind: "words", words: children },
      });
      collected.push(...(await collectWords(command.commands, path)));
    } else {
      const defs = Object.entries(command.args);
      const offer = positionalOffer(Object.values(command.args));
      collected.push({ path, description, children: [], flags: defs.flatMap(flagWords), positional: offer });
    }
  }
  return collected;
}

/** A file anywhere among the positionals is what one mostly wants completed. */
function positionalOffer(defs: readonly ArgDef[]): Offer {
  const positionals = defs.filter((def) => def.type === "positional");
  const chosen = positionals.find((def) => def.valueHint !== undefined) ?? positionals[0];
  return chosen === undefined ? { kind: "nothing" } : offerOf(chosen);
}

function flagWords([name, def]: [string, ArgDef]): FlagWords[] {
  if (def.type === "positional" || def.hidden === true) return [];
  const { alias, description } = def;
  if (def.type === "boolean") return [{ name, alias, description, value: undefined, isRepeatable: false }];
  return [{ name, alias, description, value: offerOf(def), isRepeatable: def.multiple === true }];
}

function offerOf(def: Exclude<ArgDef, { type: "boolean" }>): Offer {
  if (def.options !== undefined) return { kind: "words", words: def.options };
  if (def.valueHint === "FILE") return { kind: "files" };
  return { kind: def.valueHint === "DIR" ? "folders" : "nothing" };
}
