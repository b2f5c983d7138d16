import { HearthError, isFaultCode } from "../errors.ts";
import type { Connection } from "./connection.ts";

/** Milliseconds in which the server has to say why its answer broke off. */
const ASK_MS = 2000;

interface EndedRequest {
  readonly id?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly hint?: unknown;
}

/**
 * Why an answer broke off after its head: what the server noted of the request, where it still runs and lets this caller
 * see that; else `connection-broken`. Never rejects.
 */
export async function whyBroken(
  connection: Connection,
  response: Response,
  cause: unknown,
): Promise<HearthError> {
  const id = response.headers.get("x-request-id");
  const noted = id === null ? undefined : await notedFailure(connection, id).catch(() => undefined);
  return (
    noted ??
    new HearthError("connection-broken", "The connection broke in the middle of the answer", {
      hint: "The server's log has more: `hearth logs`.",
      cause,
      ...(id === null ? {} : { requestId: id }),
    })
  );
}

async function notedFailure(connection: Connection, id: string): Promise<HearthError | undefined> {
  const answer = await connection.fetch("/api/activity", {
    method: "GET",
    headers: { ...connection.headers("", false), "x-hearth-watch": "1" },
    signal: AbortSignal.timeout(ASK_MS),
  });
  if (!answer.ok) return undefined;
  const { recent } = (await answer.json()) as { readonly recent?: readonly EndedRequest[] };
  const ended = recent?.find((request) => request.id === id);
  if (ended === undefined || !isFaultCode(ended.code) || typeof ended.message !== "string") return undefined;
  return new HearthError(ended.code, ended.message, {
    hint: typeof ended.hint === "string" ? ended.hint : undefined,
    requestId: id,
  });
}
