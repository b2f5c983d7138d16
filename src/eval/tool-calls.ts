import type { ToolCall } from "./types.ts";

interface Structured {
  readonly function?: { readonly name?: string; readonly arguments?: unknown };
}

/**
 * The calls that an answer makes: those of its structured part; where there are none, those in its text, as models write them
 * whose server does not parse them: JSON in tags or fences, and functions as XML.
 */
export function toolCallsOf(
  structured: readonly Structured[] | undefined,
  text: string,
): readonly ToolCall[] {
  const found = (structured ?? []).flatMap(({ function: called }): ToolCall[] => {
    if (called?.name === undefined) return [];
    return [{ name: called.name, arguments: argumentsOf(called.arguments), source: "structured" }];
  });
  return found.length > 0 ? found : callsInText(text);
}

const TAGGED = /<(tool_call|function_call|tool)>\s*([\s\S]*?)\s*<\/\1>/g;
const FENCED = /```(?:json|tool_call|tool_code)?\s*\n([\s\S]*?)```/g;
/** `<function=name><parameter=key>value</parameter></function>`, as Qwen's coder models write it. */
const XML = /<function=([\w.-]+)>([\s\S]*?)<\/function>/g;
const XML_PARAMETER = /<parameter=([\w.-]+)>\s*([\s\S]*?)\s*<\/parameter>/g;
/** `<invoke name="f"><parameter name="key">value</parameter></invoke>`. */
const INVOKE = /<invoke\s+name="([\w.-]+)">([\s\S]*?)<\/invoke>/g;
const INVOKE_PARAMETER = /<parameter\s+name="([\w.-]+)">\s*([\s\S]*?)\s*<\/parameter>/g;

function callsInText(text: string): readonly ToolCall[] {
  const xml = [...xmlCalls(text, XML, XML_PARAMETER), ...xmlCalls(text, INVOKE, INVOKE_PARAMETER)];
  if (xml.length > 0) return xml;
  const tagged = [...text.matchAll(TAGGED)].flatMap(([, , inner = ""]) => jsonCalls(inner));
  if (tagged.length > 0) return tagged;
  const fenced = [...text.matchAll(FENCED)].flatMap(([, inner = ""]) => jsonCalls(inner));
  return fenced.length > 0 ? fenced : jsonCalls(text.trim());
}

function xmlCalls(text: string, call: RegExp, parameter: RegExp): ToolCall[] {
  return [...text.matchAll(call)].map(([, name = "", inner = ""]) => ({
    name,
    arguments: Object.fromEntries(
      [...inner.matchAll(parameter)].map(([, key = "", value = ""]) => [key, valueOf(value)]),
    ),
    source: "text" as const,
  }));
}

/** `{"name": ..., "arguments": {...}}`, one or a list of them; nothing else counts as a call. */
function jsonCalls(text: string): ToolCall[] {
  const parsed = valueOf(text);
  return (Array.isArray(parsed) ? parsed : [parsed]).flatMap((one: unknown): ToolCall[] => {
    if (typeof one !== "object" || one === null) return [];
    const { arguments: given, name, parameters } = one as Record<string, unknown>;
    if (typeof name !== "string" || (given === undefined && parameters === undefined)) return [];
    return [{ name, arguments: argumentsOf(given ?? parameters), source: "text" }];
  });
}

function argumentsOf(value: unknown): Readonly<Record<string, unknown>> {
  const parsed = typeof value === "string" ? valueOf(value) : value;
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : {};
}

/** JSON where it is some, else the text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
