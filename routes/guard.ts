import type { Caller } from "../src/access/caller.ts";
import { HearthError, type Hints } from "../src/errors.ts";
import type { RequestScope } from "../src/lifecycle/request-scope.ts";
import { shownTo } from "../src/models/failure-output.ts";
import type { Exchange } from "../src/runtime/types.ts";
import { WEB_EXCHANGE } from "../src/runtime/web-exchange.ts";
import type { RequestSpan } from "../src/tracing/types.ts";
import { VERSION } from "../src/version.ts";
import { admit, type AdmissionPolicy, checkPeer, type HeaderOf, isAllowedOrigin } from "./admission.ts";
import { type KeyAccess, hasRight, OWNER_ACCESS } from "./key-access.ts";
import { isWatchPath } from "./model-paths.ts";
import { renderError, toHearthError } from "./render-error.ts";
import { RequestContext, type RequestHost } from "./request-context.ts";

/** What a finished request was, for the log and the statistics. */
export interface FinishedRequest {
  readonly requestId: string;
  readonly method: string;
  /** Below the prefix that the app is mounted under. */
  readonly path: string;
  /** How it ended: the status that was sent, or that of what broke the answer off later. */
  readonly status: number;
  /** The status of the answer's head. */
  readonly sentStatus: number;
  /** Milliseconds until the answer had been sent whole, or was broken off. */
  readonly durationMs: number;
  /** Milliseconds until the answer's head was ready. */
  readonly headMs: number;
  /** A stream that only its reader ends: how long it was read says nothing about the server. */
  readonly isEndless: boolean;
  readonly callerKind: Caller["kind"];
  /** It only looked on. */
  readonly isWatching: boolean;
  /** The model that answered, where one did. */
  readonly model: string | undefined;
  /** What went wrong, when something did. */
  readonly error: HearthError | undefined;
}

/** A request whose answer takes its time. */
export interface StartedRequest {
  readonly context: RequestContext;
  readonly method: string;
  /** Below the prefix that the app is mounted under. */
  readonly path: string;
  readonly callerKind: Caller["kind"];
}

/** What the guard asks of the server around it. */
export interface GuardOptions extends Omit<RequestHost, "hints"> {
  readonly policy: () => AdmissionPolicy;
  /** True once the server drains: what has not begun is refused. */
  readonly isStopping: () => boolean;
  readonly onFinished: (request: FinishedRequest) => void;
  /** Told of requests that are not answered at once and are more than a look; what it gives is called at their end. */
  readonly onStarted: (request: StartedRequest) => () => void;
  /** Begins a request's span, where requests are traced. */
  readonly beginSpan?: (request: BegunRequest) => RequestSpan | undefined;
  /** What to do about failures, where the command line's words do not fit. */
  readonly hints?: Hints;
  /** Where uncaught errors are ours to take: it tells to which request one belongs. */
  readonly scope?: RequestScope;
}

/** What is known of a request as it begins. */
export interface BegunRequest {
  readonly requestId: string;
  readonly method: string;
  /** Below the prefix that the app is mounted under. */
  readonly path: string;
  readonly header: HeaderOf;
}

/** How a caller is told apart; the listener or the embedding program decides it. */
export interface CallerResolver {
  readonly kind: Caller["kind"];
  readonly resolve: () => Caller;
  /** Where the app is mounted in another, such as "/hearth", as this caller wrote it. */
  readonly prefix?: string;
}

/** Calls the routes with the context of one request. */
export type Answer = (request: Request, context: RequestContext) => Response | Promise<Response>;

const SANE_ID = /^[\w.:-]{1,64}$/;

/** Makes ids that are short, unique in this process and unlikely to repeat in another. */
function createRequestIds(): () => string {
  const start = Math.floor(Math.random() * 36 ** 6)
    .toString(36)
    .padStart(6, "0");
  let count = 0;
  return () => `${start}-${(count++).toString(36)}`;
}

/** The path of a request's URL, without its query. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  if (start === -1) return "/";
  const end = url.indexOf("?", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

/**
 * Stands in front of the routes: counts, names, admits, answers, notes. It costs two header writes and one log line a
 * request, which is why it is a function around Hono rather than a Hono middleware (docs/decisions.md).
 */
export function createGuard(options: GuardOptions) {
  const { bodies, enter, hints = {}, onStopping, scope } = options;
  const host: RequestHost = { bodies, enter, hints, onStopping };
  const nextId = createRequestIds();

  return function guard(
    request: Request,
    caller: CallerResolver,
    answer: Answer,
    exchange: Exchange = WEB_EXCHANGE,
  ): Response | Promise<Response> {
    const header: HeaderOf = (name) => exchange.requestHeader(request, name);
    const startedAt = performance.now();
    const { prefix = "" } = caller;
    const wholePath = pathOf(request.url);
    const path = wholePath.slice(prefix.length) || "/";
    const given = header("x-request-id");
    const requestId = given !== null && SANE_ID.test(given) ? given : nextId();
    const isLook = isWatchPath(path);
    const kind = header("x-hearth-watch") === "1" || isLook ? "watch" : "use";
    const release = enter(kind);
    const { method } = request;
    const span = options.beginSpan?.({ requestId, method, path, header });
    const facts = { requestId, prefix, kind, caller: caller.resolve, span } as const;
    const context = new RequestContext(host, request, facts);

    // A guest's word keeps its request from counting as use, and from nothing else: the owner sees it and can cancel it.
    const isHidden = () =>
      isLook || (kind === "watch" && (caller.kind === "owner" || context.access.isPage === true));

    const finish = (response: Response, error?: HearthError): Response => {
      exchange.setHeader(response, "x-request-id", requestId);
      exchange.setHeader(response, "x-hearth-version", VERSION);
      if (options.isStopping()) exchange.setHeader(response, "connection", "close");
      const policy = options.policy();
      if (policy.allowedOrigins.length > 0) allowOrigin(header("origin"), response.headers, policy);
      const endedAt = performance.now();
      const { status: sentStatus } = response;
      span?.answered(sentStatus, error);
      release(endedAt);
      let isHead = true;
      context.answered(() => {
        const { failure, isEndless, model } = context;
        options.onFinished({
          requestId,
          method,
          path,
          status: failure?.status ?? sentStatus,
          sentStatus,
          durationMs: (isHead ? endedAt : performance.now()) - startedAt,
          headMs: endedAt - startedAt,
          isEndless,
          callerKind: caller.kind,
          isWatching: isHidden(),
          model,
          error: failure ?? error,
        });
      });
      isHead = false;
      return response;
    };
    const fail = (thrown: unknown): Response => {
      const error = toHearthError(thrown, hints);
      return finish(renderError(error, path, requestId), error);
    };

    try {
      if (options.isStopping()) throw stopping();
      if (caller.kind === "guest") {
        const policy = options.policy();
        if (exchange.peerUser !== undefined) checkPeer(() => exchange.peerUser!(request), policy);
        if (request.method === "OPTIONS" && isAllowedOrigin(header("origin"), policy)) {
          return finish(preflight(header));
        }
        context.access = admit(request.method, path, header, policy);
        context.caller = guestOf(caller.resolve, context.access);
      } else context.access = OWNER_ACCESS;
      const result =
        scope === undefined ? answer(request, context) : scope.run(context, () => answer(request, context));
      if (!(result instanceof Promise)) return finish(result, errorOf(result));
      if (!isHidden()) {
        const over = options.onStarted({ context, method, path, callerKind: caller.kind });
        const leave = scope?.enter(context);
        context.whenOver(leave === undefined ? over : () => (over(), leave()));
      }
      const answered = (response: Response) => finish(response, errorOf(response));
      return scope === undefined
        ? result.then(answered, fail)
        : unlessFaulted(context, result, answered, fail);
    } catch (error) {
      return fail(error);
    }
  };
}

/** The answer, or the failure that comes before it from where nobody catches it. */
function unlessFaulted(
  context: RequestContext,
  result: Promise<Response>,
  answered: (response: Response) => Response,
  failed: (error: unknown) => Response,
): Promise<Response> {
  const { promise, reject, resolve } = Promise.withResolvers<Response>();
  let isAnswered = false;
  const end = (make: () => Response): void => {
    isAnswered = true;
    context.whenFaulted(undefined);
    try {
      resolve(make());
    } catch (error) {
      reject(error);
    }
  };
  context.whenFaulted((error) => end(() => failed(error)));
  result.then(
    (response) => {
      if (isAnswered) void response.body?.cancel().catch(() => {});
      else end(() => answered(response));
    },
    (error: unknown) => {
      if (!isAnswered) end(() => failed(error));
    },
  );
  return promise;
}

/** A guest, with the key that its sessions belong to. */
function guestOf(resolve: () => Caller, access: KeyAccess): () => Caller {
  const { holder } = access;
  if (holder === undefined) return resolve;
  const key = { holder, isAdmin: hasRight(access, "admin") };
  return () => {
    const caller = resolve();
    return caller.kind === "guest" ? { ...caller, key } : caller;
  };
}

/** Errors that Hono's error handler already rendered, so that the log can name them. */
const RENDERED = new WeakMap<Response, HearthError>();

/** Renders an error inside the routes and remembers it for the guard's log line. */
export function renderAndRemember(
  thrown: unknown,
  path: string,
  { access, hints, prefix, requestId }: RequestContext,
): Response {
  const error = toHearthError(thrown, hints);
  const shown = shownTo(error, access.seesOutput);
  const response = renderError(shown, path.slice(prefix.length), requestId);
  RENDERED.set(response, error);
  return response;
}

function errorOf(response: Response): HearthError | undefined {
  return response.status < 400 ? undefined : RENDERED.get(response);
}

function stopping(): HearthError {
  return new HearthError("server-stopping", "The server is stopping", {
    hint: "Send the request again: the next call starts a new server.",
  });
}

/** Names of headers with commas between, as browsers ask for them (Fetch, "CORS-preflight fetch"). */
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/;
const LONGEST_NAMES = 4096;
const USUAL_NAMES = "authorization, content-type, x-api-key, x-request-id, x-hearth-watch";

/** Headers of an answer that pages of an allowed origin may read, beside those that all may. */
const EXPOSED = [
  "x-request-id",
  "x-hearth-version",
  "x-hearth-warnings",
  "content-disposition",
  "etag",
  "request-id",
  "retry-after",
  "retry-after-ms",
  "openai-processing-ms",
  "x-ratelimit-limit-requests",
  "x-ratelimit-remaining-requests",
  "x-ratelimit-reset-requests",
  "x-ratelimit-limit-tokens",
  "x-ratelimit-remaining-tokens",
  "x-ratelimit-reset-tokens",
  "x-should-retry",
].join(", ");

/** Lets a page of an allowed origin send the headers that it asks for: the SDKs have many of their own. */
function preflight(header: HeaderOf): Response {
  const asked = header("access-control-request-headers");
  const isSane = asked !== null && asked.length <= LONGEST_NAMES && HEADER_NAMES.test(asked);
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
      "access-control-allow-headers": isSane ? asked : USUAL_NAMES,
      "access-control-max-age": "600",
      vary: "access-control-request-headers",
    },
  });
}

function allowOrigin(origin: string | null, headers: Headers, policy: AdmissionPolicy): void {
  headers.append("vary", "origin");
  if (!isAllowedOrigin(origin, policy)) return;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", EXPOSED);
}
