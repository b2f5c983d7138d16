import type { Liquid, Template } from "liquidjs";
import { isCellObject, keysOf } from "../data/json-keys.ts";
import { formatPythonFloat } from "../data/python-number.ts";
import { type Cell, WholeFloat } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { onceUnlessFailed } from "../once-unless-failed.ts";

/** Milliseconds that one template may render, and characters that it may read. */
const RENDER_MS = 1000;
const PARSE_CHARACTERS = 1_000_000;

/** What one rendering may take: characters and list items together, as the library counts them. */
const MEMORY = 20_000_000;

/** Templates that stay compiled. */
const KEPT_TEMPLATES = 256;

/** Renders Liquid templates over values; made by `loadLiquid`. */
export interface LiquidRenderer {
  /**
   * Unknown variables and filters are empty, as in lynguine. Throws `data-invalid` for a broken template, with line and
   * reason, and for one that takes too long or too much.
   */
  render(template: string, variables: Readonly<Record<string, unknown>>): string;
}

/** The renderer, loaded when first asked for; it keeps nothing of a request. */
export const loadLiquid: () => Promise<LiquidRenderer> = onceUnlessFailed(createRenderer);

async function createRenderer(): Promise<LiquidRenderer> {
  const [{ Liquid: Engine }, { marked }] = await Promise.all([import("liquidjs"), import("marked")]);
  const engine = new Engine({
    ownPropertyOnly: true,
    renderLimit: RENDER_MS,
    parseLimit: PARSE_CHARACTERS,
    memoryLimit: MEMORY,
    // There is no file to include.
    templates: {},
    relativeReference: false,
  });
  addFilters(engine, (text) => marked.parse(text, { async: false }));
  const compiled = new Map<string, Template[]>();
  return {
    render(template, variables) {
      try {
        const templates = compiled.get(template) ?? engine.parse(template);
        keep(compiled, template, templates);
        return engine.renderSync(templates, variables) as string;
      } catch (cause) {
        throw brokenTemplate(cause);
      }
    },
  };
}

function keep(compiled: Map<string, Template[]>, template: string, templates: Template[]): void {
  if (compiled.has(template)) return;
  compiled.set(template, templates);
  const [oldest] = compiled.keys();
  if (compiled.size > KEPT_TEMPLATES && oldest !== undefined) compiled.delete(oldest);
}

function brokenTemplate(cause: unknown): HearthError {
  if (cause instanceof HearthError) return cause;
  const inner = (cause as { originalError?: unknown }).originalError;
  if (inner instanceof HearthError) return inner;
  const message = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
  return new HearthError("data-invalid", `The template can't be rendered: ${message}`, { cause });
}

/** A float among the variables: it prints with its point and counts as the number. */
class LiquidFloat {
  readonly #value: number;
  constructor(value: number) {
    this.#value = value;
  }
  valueOf(): number {
    return this.#value;
  }
  toString(): string {
    return formatPythonFloat(this.#value);
  }
  // What the library asks of values that compare themselves.
  equals(other: unknown): boolean {
    return this.#value === Number(other);
  }
  gt(other: unknown): boolean {
    return this.#value > Number(other);
  }
  geq(other: unknown): boolean {
    return this.#value >= Number(other);
  }
  lt(other: unknown): boolean {
    return this.#value < Number(other);
  }
  leq(other: unknown): boolean {
    return this.#value <= Number(other);
  }
}

/** A cell as a template sees it. */
export function liquidValue(cell: unknown): unknown {
  if (cell instanceof WholeFloat) return new LiquidFloat(cell.value);
  if (typeof cell === "number" && !Number.isSafeInteger(cell)) return new LiquidFloat(cell);
  if (Array.isArray(cell)) return cell.map(liquidValue);
  if (!isCellObject(cell)) return cell;
  return Object.fromEntries(keysOf(cell).map((key) => [key, liquidValue(cell[key] as Cell)]));
}

function addFilters(engine: Liquid, markdown: (text: string) => string): void {
  const text = (value: unknown) => (value === null || value === undefined ? "" : String(value));
  engine.registerFilter("url_escape", (value: unknown) => urlEscaped(text(value)));
  engine.registerFilter("markdownify", (value: unknown) => markdown(text(value)));
  engine.registerFilter("relative_url", (value: unknown) => `/notebooks/${text(value).replace(/^\/+/, "")}`);
  engine.registerFilter(
    "absolute_url",
    (value: unknown) => `http://localhost:8888/notebooks/${text(value).replace(/^\/+/, "")}`,
  );
  engine.registerFilter("to_i", (value: unknown) => wholeNumber(text(value).trim()));
  addArithmetic(engine);
  const known = engine.filters;
  // The library passes a value by an unknown filter as it is; lynguine's shows nothing.
  const orEmpty = new Proxy(known, { get: (filters, name: string) => filters[name] ?? (() => "") });
  Object.defineProperty(engine, "filters", { value: orEmpty });
}

/** Python's `quote`: letters, digits and `_.-~/` stay. */
function urlEscaped(value: string): string {
  return encodeURIComponent(value.toWellFormed())
    .replaceAll("%2F", "/")
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function wholeNumber(value: string): number {
  if (value === "") return 0;
  const number = Number(value);
  if (Number.isFinite(number)) return Math.trunc(number);
  throw new HearthError("data-invalid", `"${value.slice(0, 80)}" is no number (the filter to_i)`);
}

/** Python's rules: a float among the numbers makes a float, whole numbers divide to whole ones, rounded down. */
function addArithmetic(engine: Liquid): void {
  const isFloat = (value: unknown) =>
    value instanceof LiquidFloat ||
    (typeof value === "number" ? !Number.isInteger(value) : /\./.test(String(value)));
  const calculated = (name: string, whole: (a: number, b: number) => number, real = whole) =>
    engine.registerFilter(name, (left: unknown, right: unknown) => {
      const [a, b] = [number(left), number(right)];
      if (isFloat(left) || isFloat(right)) return new LiquidFloat(real(a, b));
      return whole(a, b);
    });
  calculated("plus", (a, b) => a + b);
  calculated("minus", (a, b) => a - b);
  calculated("times", (a, b) => a * b);
  calculated(
    "divided_by",
    (a, b) => Math.floor(a / divisor(b)),
    (a, b) => a / divisor(b),
  );
  calculated("modulo", (a, b) => a - divisor(b) * Math.floor(a / b));
}

/** What is no number counts as 0. */
function number(value: unknown): number {
  const converted = typeof value === "bigint" ? Number(value) : Number(value ?? 0);
  return Number.isNaN(converted) ? 0 : converted;
}

function divisor(value: number): number {
  if (value !== 0) return value;
  throw new HearthError("data-invalid", "The template divides by zero");
}
