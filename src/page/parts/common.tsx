import type { ComponentChildren as Child } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api.ts";
import { hrefOf } from "../router.ts";

/** A part of a view with its heading. */
export function Panel({ title, actions, children }: { title: string; actions?: Child; children?: Child }) {
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {actions === undefined ? null : <div class="actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** One figure with its name. */
export function Tile({ name, children, note }: { name: string; children?: Child; note?: Child }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>
        {children}
        {note === undefined ? null : <small>{note}</small>}
      </dd>
    </div>
  );
}

/** A state as a word with a colour. */
export function Badge({ kind, children }: { kind: "good" | "busy" | "bad" | "quiet"; children?: Child }) {
  return <span class={`badge ${kind}`}>{children}</span>;
}

/** A table under its columns' names; those in an object are of figures. Wide ones scroll by themselves. */
export function Table({
  columns,
  children,
}: {
  columns: readonly (string | { number: string })[];
  children?: Child;
}) {
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            {columns.map((column) =>
              typeof column === "string" ? (
                <th key={column}>{column}</th>
              ) : (
                <th key={column.number} class="number">
                  {column.number}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** What went wrong, and what to do. */
export function Failure({ error }: { error: unknown }) {
  if (error === undefined || error === null) return null;
  const known = error instanceof ApiError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div class="failure" role="alert">
      <strong>{known === undefined ? "No answer from the server" : message}</strong>
      {known?.hint ? <p>{known.hint}</p> : null}
      {known?.requestId ? (
        <p>
          <a href={hrefOf("activity", "", { request: known.requestId })}>Request {known.requestId}</a>
        </p>
      ) : null}
    </div>
  );
}

/** What stands where there is nothing yet. */
export function Empty({ children }: { children?: Child }) {
  return <p class="empty">{children}</p>;
}

/** The present in milliseconds, counted up while the view is there. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** What a call gives, asked for again when `key` changes; what came of an earlier key is dropped. */
export function useAnswer<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
): { readonly answer?: T; readonly error?: unknown; readonly isAsking: boolean } {
  const [state, setState] = useState<{ key: string; answer?: T; error?: unknown }>({ key: "" });
  useEffect(() => {
    const controller = new AbortController();
    ask(controller.signal).then(
      (answer) => {
        if (!controller.signal.aborted) setState({ key, answer });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setState({ key, error });
      },
    );
    return () => controller.abort();
  }, [key]);
  return state.key === key ? { ...state, isAsking: false } : { isAsking: true };
}
