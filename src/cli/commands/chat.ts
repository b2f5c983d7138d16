import { chatRequest } from "../../client/models.ts";
import { HearthError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { modelArg } from "../models/model-text.ts";
import { sseData } from "../../client/sse-data.ts";
import { printData } from "../print.ts";
import { shown } from "../shown.ts";
import { isTerminal } from "../terminal.ts";
import { readAll } from "../input/read-all.ts";
import { parseCount } from "../query/parse-pairs.ts";

export default defineCommand({
  description: "Ask a model, loading it first where that is needed; the answer streams to the terminal",
  examples: [
    'hearth chat qwen "Why is the sky blue?"',
    'git diff | hearth chat qwen "Write a commit message for this:" -',
    'hearth chat qwen "List three rivers" --system "Answer in JSON" --max-tokens 200',
  ],
  args: {
    model: modelArg,
    text: {
      type: "positional",
      description: "What to ask; without it, or with - behind it, standard input is read",
    },
    input: { type: "positional", description: "- for standard input behind the text" },
    system: { type: "string", alias: "s", valueHint: "TEXT", description: "What the model is told first" },
    "max-tokens": { type: "string", valueHint: "N", description: "Longest answer, in tokens" },
    temperature: { type: "string", valueHint: "T", description: "Temperature" },
    ...clientArgs,
  },
  async run(args) {
    const content = await contentOf(args.text, args.input);
    const messages = [
      ...(args.system === undefined ? [] : [{ role: "system", content: args.system }]),
      { role: "user", content },
    ];
    const body = {
      model: args.model,
      messages,
      stream: args.json !== true,
      max_tokens: parseCount("max-tokens", args["max-tokens"]),
      temperature: temperatureOf(args.temperature),
    };
    const client = await connect(args);
    const request = chatRequest(body);
    if (args.json === true) return printData(`${JSON.stringify(await client.json(request))}\n`);
    const isSeen = await isTerminal(1);
    let last = "";
    for await (const data of sseData(await client.stream(request))) {
      if (data === "[DONE]") break;
      last = textIn(data);
      printData(isSeen ? shown(last) : last);
    }
    if (!last.endsWith("\n")) printData("\n");
  },
});

async function contentOf(text: string | undefined, input: string | undefined): Promise<string> {
  if (input !== undefined && input !== "-") {
    throw new HearthError("usage", "One text, please", {
      hint: 'Put it in quotes: hearth chat MODEL "some words"',
    });
  }
  if (text !== undefined && text !== "-" && input === undefined) return text;
  const read = await readAll();
  if (read.trim() === "" && (text === undefined || text === "-")) {
    throw new HearthError("usage", "There is nothing to ask", { hint: 'hearth chat MODEL "some words"' });
  }
  return text === undefined || text === "-" ? read : `${text}\n\n${read}`;
}

function temperatureOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new HearthError("usage", `--temperature wants a number of 0 or more, but "${text}" came`);
}

/** The text of one event; its error is thrown. */
function textIn(data: string): string {
  const event = JSON.parse(data) as {
    readonly error?: { readonly message?: string; readonly hint?: string } | string;
    readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  };
  if (event.error !== undefined) {
    const { error } = event;
    const message = typeof error === "string" ? error : (error.message ?? "The model's server failed");
    throw new HearthError(
      "upstream-broken",
      message,
      typeof error === "object" && error.hint ? { hint: error.hint } : {},
    );
  }
  return event.choices?.[0]?.delta?.content ?? "";
}
