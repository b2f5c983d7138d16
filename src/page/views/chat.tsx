import { useRef, useState } from "preact/hooks";
import { call } from "../api.ts";
import { duration, figure } from "../format.ts";
import { Failure, Panel } from "../parts/common.tsx";
import { readEvents } from "../sse.ts";

interface Message {
  readonly role: "user" | "assistant";
  readonly content: string;
  readonly reasoning?: string;
  readonly note?: string;
}

interface Chunk {
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: string;
      readonly reasoning_content?: string;
      readonly reasoning?: string;
    };
  }[];
  readonly usage?: { readonly completion_tokens?: number } | null;
  readonly error?: { readonly message?: string };
}

/** A chat with a model, as its clients have it: what it writes appears as it comes, and how fast that was. */
export function Chat({ model }: { model: string }) {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const [text, setText] = useState("");
  const [error, setError] = useState<unknown>(undefined);
  const [running, setRunning] = useState<AbortController | undefined>(undefined);
  const end = useRef<HTMLDivElement>(null);

  const send = async (event: Event) => {
    event.preventDefault();
    if (text.trim() === "" || running !== undefined) return;
    const controller = new AbortController();
    const asked: readonly Message[] = [...messages, { role: "user", content: text }];
    setText("");
    setError(undefined);
    setRunning(controller);
    setMessages(asked);
    try {
      for await (const answer of answers(model, asked, controller.signal)) {
        setMessages([...asked, answer]);
        end.current?.scrollIntoView({ block: "nearest" });
      }
    } catch (problem) {
      if (!controller.signal.aborted) setError(problem);
    } finally {
      setRunning(undefined);
    }
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) void send(event);
  };
  return (
    <Panel
      title="Chat"
      actions={
        messages.length === 0 ? undefined : (
          <button type="button" onClick={() => setMessages([])} disabled={running !== undefined}>
            Clear
          </button>
        )
      }
    >
      <div class="chat" aria-live="polite" tabindex={0} role="log" aria-label={`Chat with ${model}`}>
        {messages.map(({ content, note, reasoning, role }, index) => (
          <div key={index} class={`message ${role}`}>
            <b>{role === "user" ? "You" : model}</b>
            {reasoning === undefined ? null : (
              <details>
                <summary>Its reasoning</summary>
                <p>{reasoning}</p>
              </details>
            )}
            <p>{content}</p>
            {note === undefined ? null : <small>{note}</small>}
          </div>
        ))}
        <div ref={end} />
      </div>
      <Failure error={error} />
      <form onSubmit={send} class="line">
        <textarea
          aria-label={`Message to ${model}`}
          rows={2}
          placeholder="Enter sends, Shift+Enter makes a new line"
          value={text}
          onInput={(event: Event) => setText((event.target as HTMLTextAreaElement).value)}
          onKeyDown={onKey}
        />
        {running === undefined ? (
          <button type="submit">Send</button>
        ) : (
          <button type="button" onClick={() => running.abort()}>
            Stop
          </button>
        )}
      </form>
    </Panel>
  );
}

/** The answer as far as it has come, again with each piece. */
async function* answers(
  model: string,
  asked: readonly Message[],
  signal: AbortSignal,
): AsyncGenerator<Message> {
  const beganMs = performance.now();
  const messages = asked.map(({ content, role }) => ({ role, content }));
  const body = { model, messages, stream: true, stream_options: { include_usage: true } };
  const response = await call("/v1/chat/completions", { body, signal });
  if (response.body === null) return;
  let content = "";
  let reasoning = "";
  let firstMs: number | undefined;
  let lastMs = beganMs;
  let pieces = 0;
  let tokens: number | undefined;
  const answer = (): Message => ({
    role: "assistant",
    content,
    ...(reasoning === "" ? {} : { reasoning }),
    ...(firstMs === undefined
      ? {}
      : { note: speedText(firstMs - beganMs, lastMs - firstMs, tokens, pieces) }),
  });
  for await (const { data } of readEvents(response.body)) {
    if (data === "[DONE]") break;
    const chunk = JSON.parse(data) as Chunk;
    if (chunk.error !== undefined) throw new Error(chunk.error.message ?? "The model broke off");
    tokens = chunk.usage?.completion_tokens ?? tokens;
    const {
      content: piece = "",
      reasoning: thought = "",
      reasoning_content: thinking = "",
    } = chunk.choices?.[0]?.delta ?? {};
    if ((piece ?? "") + (thought ?? "") + (thinking ?? "") === "") continue;
    lastMs = performance.now();
    firstMs ??= lastMs;
    pieces += 1;
    content += piece ?? "";
    reasoning += (thought ?? "") + (thinking ?? "");
    yield answer();
  }
  yield answer();
}

/** Tokens are those that the server counted; without its count each piece is taken for one. */
function speedText(firstMs: number, restMs: number, tokens: number | undefined, pieces: number): string {
  const made = tokens ?? pieces;
  const speed = made > 1 && restMs > 0 ? `, ${figure(((made - 1) / restMs) * 1000)} tokens/s` : "";
  return `first token after ${duration(firstMs)}${speed}, ${made} ${tokens === undefined ? "pieces" : "tokens"}`;
}
