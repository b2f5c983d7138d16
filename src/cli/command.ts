/** A switch: `--json`, `--no-color`. */
export interface SwitchDef {
  readonly type: "boolean";
  readonly description: string;
  /** One letter, written `-j`. */
  readonly alias?: string;
  /** Not shown in help and completions. */
  readonly hidden?: boolean;
}

/** A flag with a value: `--format csv`, `--format=csv`. */
export interface ValueDef {
  readonly type: "string";
  readonly description: string;
  readonly alias?: string;
  /** What stands for the value in help, such as `FILE`; `FILE` and `DIR` also choose what completions offer. */
  readonly valueHint: string;
  /** The only values accepted. */
  readonly options?: readonly string[];
  /** May be given several times; the value is then a list. */
  readonly multiple?: boolean;
  readonly hidden?: boolean;
}

/** An argument without a name; a `multiple` one stands last and takes all that are left. */
export interface PositionalDef {
  readonly type: "positional";
  readonly description: string;
  readonly required?: boolean;
  readonly multiple?: boolean;
  readonly options?: readonly string[];
  /** `FILE` or `DIR`: what completions offer. */
  readonly valueHint?: "FILE" | "DIR";
}

export type ArgDef = SwitchDef | ValueDef | PositionalDef;

/** Flags by the very name that is typed (`idle-timeout`), positionals in their order. */
export type ArgDefs = Readonly<Record<string, ArgDef>>;

type ArgValue<D extends ArgDef> = D extends { type: "boolean" }
  ? boolean | undefined
  : D extends { multiple: true }
    ? readonly string[]
    : D extends { required: true }
      ? string
      : string | undefined;

/** What a command gets: absent switches and values are undefined, lists are empty. */
export type ArgValues<A extends ArgDefs> = { readonly [K in keyof A]: ArgValue<A[K]> };

/** One command, in a file of its own below `commands/`. */
export interface Command<A extends ArgDefs = ArgDefs> {
  readonly description: string;
  /** Whole command lines, shown in help. */
  readonly examples: readonly string[];
  readonly args: A;
  /** Gives the exit code; nothing means 0. Throws `HearthError`. */
  run(args: ArgValues<A>): Promise<number | void>;
}

/** A word with further words below it, such as `config show`. */
export interface CommandGroup {
  readonly description: string;
  readonly examples: readonly string[];
  readonly commands: CommandTable;
}

/** A command whose flags are not known here: what the tables of commands hold. */
export type AnyCommand = Command<ArgDefs> | CommandGroup;

/** Names and how to load each: only the chosen one's module is ever loaded. */
export type CommandTable = Readonly<Record<string, () => Promise<{ default: AnyCommand }>>>;

/** Types a command by its own flags; does nothing at run time. */
export function defineCommand<const A extends ArgDefs>(command: Command<A>): Command<ArgDefs> {
  // `run` is only ever called with what `parseArgs` made of these very definitions.
  return command as unknown as Command<ArgDefs>;
}

/** True for a word that has commands below it. */
export function isGroup(command: AnyCommand): command is CommandGroup {
  return "commands" in command;
}
