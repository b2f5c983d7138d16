import { call, look, ApiError } from "./api.ts";
import { forgetSession, StrangerError } from "./session.ts";
import { readEvents } from "./sse.ts";
import { createStore } from "./store.ts";
import type {
  Access,
  DoneRequest,
  LogRecord,
  ModelFacts,
  Pulse,
  RunningFacts,
  Status,
  TimelineSlot,
} from "./types.ts";

/**
 * How the page stands to the server: `asleep` after it stopped by itself, `lost` when it doesn't answer, `refused` where it
 * wants a sign-in, `stranger` when another program answers at its address.
 */
export type Connection = "connecting" | "live" | "asleep" | "lost" | "refused" | "stranger";

/** Everything that the server tells by itself. */
export interface Live {
  readonly connection: Connection;
  readonly access: Access | undefined;
  readonly status: Status | undefined;
  readonly pulse: Pulse | undefined;
  readonly slots: readonly TimelineSlot[];
  readonly models: readonly ModelFacts[];
  /** When `models` came, by `Date.now()`: the time that is left runs from there. */
  readonly modelsAtMs: number;
  readonly running: readonly RunningFacts[];
  readonly recent: readonly DoneRequest[];
  readonly logs: readonly LogRecord[];
  readonly output: { readonly model: string; readonly lines: readonly string[] } | undefined;
}

const NOTHING: Live = {
  connection: "connecting",
  access: undefined,
  status: undefined,
  pulse: undefined,
  slots: [],
  models: [],
  modelsAtMs: 0,
  running: [],
  recent: [],
  logs: [],
  output: undefined,
};

/** What the views look at. */
export const live = createStore<Live>(NOTHING);

/** What a view wants to hear of beside the usual. */
export interface Wants {
  readonly logs?: boolean;
  /** The model whose output is followed. */
  readonly output?: string;
}

const MOST_LINES = 2000;
const MOST_RECENT = 500;
const MOST_SLOTS = 60;

/** Milliseconds before each further try after a connection that broke; then the page waits for a click. */
const PAUSES_MS = [500, 1000, 2000, 4000];

let wants: Wants = {};
let connected: AbortController | undefined;

/** Connects anew, now. */
export function connect(): void {
  connected?.abort();
  const controller = new AbortController();
  connected = controller;
  live.patch({ connection: "connecting" });
  void stayConnected(controller.signal);
}

/** Changes what is told; the stream is opened again where that is needed. */
export function want(next: Wants): void {
  if (next.logs === wants.logs && next.output === wants.output) return;
  wants = next;
  if (next.output !== live.get().output?.model) live.patch({ output: undefined });
  if (live.get().connection === "live") connect();
}

async function stayConnected(signal: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    let wasLive = false;
    forgetSession();
    try {
      await readStart(signal);
      const response = await call(`/api/events?${topics()}`, { isWatching: true, signal });
      live.patch({ connection: "live" });
      wasLive = true;
      if ((await readStream(response)) === "asleep") return live.patch({ connection: "asleep", running: [] });
    } catch (error) {
      if (signal.aborted) return;
      forgetSession();
      if (error instanceof StrangerError) return live.patch({ connection: "stranger", running: [] });
      if (error instanceof ApiError && error.status === 401) return live.patch({ connection: "refused" });
      if (error instanceof ApiError && error.code === "server-stopping") {
        return live.patch({ connection: "asleep", running: [] });
      }
    }
    if (signal.aborted) return;
    if (wasLive) attempt = 0;
    const pauseMs = PAUSES_MS[attempt];
    if (pauseMs === undefined) return live.patch({ connection: "lost", running: [] });
    live.patch({ connection: "connecting" });
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (signal.aborted) return;
  }
}

function topics(): string {
  const { access } = live.get();
  const mayLog = access?.control === true && access.server;
  const names = [
    "pulse",
    ...(access?.control === true ? ["activity"] : []),
    ...(wants.logs && mayLog ? ["logs"] : []),
  ];
  const query = new URLSearchParams({ topics: names.join(",") });
  if (wants.output !== undefined && access?.admin === true) query.set("output", wants.output);
  return query.toString();
}

/** What was before the stream. */
async function readStart(signal: AbortSignal): Promise<void> {
  const access = await look<Access>("/api/page/access", signal);
  live.patch({ access });
  const [status, timeline, models] = await Promise.all([
    look<Status>("/api/status", signal),
    look<{ slots: TimelineSlot[] }>("/api/timeline", signal),
    look<{ models: ModelFacts[] }>("/api/models", signal),
  ]);
  live.patch({ status, slots: timeline.slots, models: models.models, modelsAtMs: Date.now() });
  if (!access.control) return;
  const { recent, running } = await look<{ recent: DoneRequest[]; running: RunningFacts[] }>(
    "/api/activity",
    signal,
  );
  live.patch({ recent, running });
}

async function readStream(response: Response): Promise<"asleep" | "ended"> {
  if (response.body === null) return "ended";
  for await (const { data, event } of readEvents(response.body)) {
    if (event === "server-stopping") return "asleep";
    take(event, JSON.parse(data));
  }
  return "ended";
}

function take(event: string, data: unknown): void {
  const now = live.get();
  switch (event) {
    case "pulse":
      live.patch({ pulse: data as Pulse });
      break;
    case "slot":
      live.patch({ slots: withSlot(now.slots, data as TimelineSlot) });
      break;
    case "model-facts":
      // Before any model was asked for, the server tells of none; the list was read at the start.
      if ((data as ModelFacts[]).length > 0)
        live.patch({ models: data as ModelFacts[], modelsAtMs: Date.now() });
      break;
    case "activity": {
      const { done, running } = data as { done: DoneRequest[]; running: RunningFacts[] };
      live.patch({ running, recent: [...done.toReversed(), ...now.recent].slice(0, MOST_RECENT) });
      break;
    }
    case "log": {
      const { isStart, lines } = data as { isStart: boolean; lines: LogRecord[] };
      live.patch({ logs: [...(isStart ? [] : now.logs), ...lines].slice(-MOST_LINES) });
      break;
    }
    case "output": {
      const { lines, model } = data as { lines: string[]; model: string };
      const before = now.output?.model === model ? now.output.lines : [];
      live.patch({ output: { model, lines: [...before, ...lines].slice(-MOST_LINES) } });
      break;
    }
    default:
  }
}

function withSlot(slots: readonly TimelineSlot[], slot: TimelineSlot): readonly TimelineSlot[] {
  return [...slots.filter(({ time }) => time !== slot.time), slot].slice(-MOST_SLOTS);
}
