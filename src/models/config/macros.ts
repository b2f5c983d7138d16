/** What a macro stands for. */
export type MacroValue = string | number | boolean;

/** Where a value stands in its file, such as `hearth.yaml:3:7`. */
export type Where = (path: readonly string[], part?: "key" | "value") => string;

/** Replaced later: the port when a model starts, the process id when it is stopped. */
const LATER = new Set(["PORT", "PID"]);
const RESERVED = new Set([...LATER, "MODEL_ID"]);

const REFERENCE = /\$\{([^{}]*)\}/g;
const WHOLE = /^\$\{([^{}]*)\}$/;
const NAME = /^[\w-]{1,63}$/;

/** Says what is wrong with a macro or its use, at the place of the value. */
export type OnProblem = (path: readonly string[], message: string) => void;

/**
 * The macros that one model sees: `${NAME}` stands for the value of a macro defined before, `${env.NAME}` for a variable
 * of the environment, `${MODEL_ID}` for the model. `${PORT}` and `${PID}` stay as they are.
 */
export class Macros {
  readonly #values = new Map<string, MacroValue>();
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #modelId: string | undefined;

  constructor(env: Readonly<Record<string, string | undefined>>, modelId?: string) {
    this.#env = env;
    this.#modelId = modelId;
  }

  /** Defines macros, in their order; one that was defined before keeps its place and gets the new value. */
  static read(
    env: Readonly<Record<string, string | undefined>>,
    sections: readonly { readonly values: unknown; readonly path: readonly string[] }[],
    modelId: string | undefined,
    onProblem: OnProblem,
  ): Macros {
    const written = new Map<string, { value: MacroValue; path: readonly string[] }>();
    for (const { values, path } of sections) {
      if (values === undefined || values === null) continue;
      if (typeof values !== "object" || Array.isArray(values)) {
        onProblem(path, "expected macros by name");
        continue;
      }
      for (const [name, value] of Object.entries(values)) {
        const place = [...path, name];
        if (!NAME.test(name) || RESERVED.has(name)) {
          onProblem(place, `"${name}" can't be the name of a macro`);
        } else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
          written.set(name, { value, path: place });
        } else onProblem(place, "a macro is a text, a number, true or false");
      }
    }
    const macros = new Macros(env, modelId);
    for (const [name, { value, path }] of written) {
      macros.#values.set(name, macros.expand(value, (message) => onProblem(path, message)) as MacroValue);
    }
    return macros;
  }

  /**
   * A value with its macros replaced, in texts, lists and mappings, keys included. A text that is nothing but one macro
   * takes that macro's own type.
   */
  expand(value: unknown, onProblem: (message: string) => void): unknown {
    if (typeof value === "string") return this.#expandText(value, onProblem);
    if (Array.isArray(value)) return value.map((item) => this.expand(item, onProblem));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        String(this.#expandText(key, onProblem)),
        this.expand(item, onProblem),
      ]),
    );
  }

  #expandText(text: string, onProblem: (message: string) => void): MacroValue {
    const [, whole] = WHOLE.exec(text) ?? [];
    if (whole !== undefined) return this.#valueOf(whole, onProblem);
    return text.replace(REFERENCE, (_, name: string) => String(this.#valueOf(name, onProblem)));
  }

  #valueOf(name: string, onProblem: (message: string) => void): MacroValue {
    if (LATER.has(name)) return `\${${name}}`;
    // Without a model it is one of the file's own macros, to be replaced where a model uses it.
    if (name === "MODEL_ID") return this.#modelId ?? `\${${name}}`;
    if (name.startsWith("env.")) {
      const variable = this.#env[name.slice(4)];
      if (variable === undefined) onProblem(`the environment has no variable ${name.slice(4)}`);
      return variable ?? "";
    }
    const value = this.#values.get(name);
    if (value === undefined)
      onProblem(`unknown macro \${${name}}; a macro must be defined before it is used`);
    return value ?? "";
  }
}
