import { HearthError } from "../errors.ts";
import { textArgument } from "./arguments.ts";
import type { RowFunction } from "./function.ts";
import { liquidValue, loadLiquid, type LiquidRenderer } from "./liquid.ts";
import { partsOf, strftime } from "./strftime.ts";

let renderer: LiquidRenderer | undefined;

/** What lynguine registers for rows (section 8.2 of the wire contract). */
export const ROW_FUNCTIONS: readonly RowFunction[] = [
  {
    kind: "row",
    name: "render_liquid",
    summary: "The text that a Liquid template gives",
    parameters: { template: "the template; all other arguments are its variables" },
    takesAnyArgument: true,
    async load() {
      renderer = await loadLiquid();
    },
    call(args) {
      const { template } = args;
      if (template === undefined || template === null) {
        throw new HearthError(
          "request-invalid",
          'The function "render_liquid" needs the argument "template"',
        );
      }
      const values: Record<string, unknown> = {};
      for (const name of Object.keys(args)) {
        const value = args[name];
        if (name !== "template" && value !== null) values[name] = liquidValue(value);
      }
      return (renderer as LiquidRenderer).render(textArgument(args, "template"), values);
    },
  },
  {
    kind: "row",
    name: "today",
    summary: "The present date as text, in the caller's time zone",
    parameters: { format: "as Python's strftime takes it; default %Y-%m-%d" },
    takesAnyArgument: false,
    call: (args, { now, timeZone }) =>
      strftime(partsOf(now, timeZone), textArgument(args, "format", "%Y-%m-%d")),
  },
];
