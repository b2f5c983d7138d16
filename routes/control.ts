import { Hono } from "hono";
import { HearthError } from "../src/errors.ts";
import type { Hearth } from "../src/hearth.ts";
import type { StoredRun } from "../src/bench/history.ts";
import { LEVEL_RANK, type LogLevel } from "../src/lifecycle/log-line.ts";
import { lastOf } from "../src/lifecycle/read-log.ts";
import type { ServerControl } from "../src/server-control.ts";
import { contextOf, type HearthEnv } from "./context.ts";
import { jsonBody } from "./json-body.ts";
import { wholeNumberIn } from "./query-number.ts";
import { RootsRequest } from "./schemas.ts";

const BODY_LIMIT_BYTES = 1 << 20;

/** Lines of the log that are given when nobody says how many, and at most. */
const LOG_LINES = 500;
const MOST_LOG_LINES = 5000;

/** What changes or shows the server itself; for its owner, and for those whom the owner lets. */
export function controlRoutes(control: ServerControl, hearth: Hearth) {
  const rootsBody = jsonBody(RootsRequest, () => BODY_LIMIT_BYTES, "Request must include 'roots'");
  const { log, pages, stateFolder } = control;
  return new Hono<HearthEnv>()
    .post("/api/control/page-link", (c) => {
      const { pageUrl: url, tcpProblem } = control;
      if (url === undefined && tcpProblem !== undefined) {
        throw new HearthError("not-supported", `The page has no address: ${tcpProblem}`, {
          hint: "Stop that program and run `hearth restart`, or choose another port with `--port` or HEARTH_PORT.",
        });
      }
      if (url === undefined) {
        throw new HearthError("not-supported", "This server listens on no port that a browser could reach", {
          hint: "Start it without --no-tcp, or by `hearth service install`.",
        });
      }
      return c.json({ status: "success" as const, code: pages.createCode(), url });
    })
    .post("/api/control/sign-out", (c) => {
      pages.signOut();
      return c.json({ status: "success" as const, message: "All pages are signed out" });
    })
    .get("/api/logs", (c) => {
      const { level, lines, request, since } = c.req.query();
      const count = Math.min(MOST_LOG_LINES, wholeNumberIn(lines, "lines", 1, LOG_LINES));
      const filter = { requestId: request, level: levelNamed(level), sinceMs: secondsIn(since) };
      return c.json({ status: "success" as const, lines: lastOf(log.read(filter), count) });
    })
    .get("/api/history", async (c) => {
      const { BenchHistory } = await import("../src/bench/history.ts");
      return c.json({
        status: "success" as const,
        runs: new BenchHistory(stateFolder).list().map(summaryOf),
      });
    })
    .get("/api/history/:id", async (c) => {
      const { BenchHistory } = await import("../src/bench/history.ts");
      return c.json({
        status: "success" as const,
        run: new BenchHistory(stateFolder).find(c.req.param("id")),
      });
    })
    .get("/api/history/:id/report", async (c) => {
      const { BenchHistory } = await import("../src/bench/history.ts");
      const { report } = new BenchHistory(stateFolder).find(c.req.param("id"));
      if (report === undefined) throw new HearthError("file-not-found", "This run was kept without a report");
      const { htmlReport } = await import("../src/bench/report/html.ts");
      return c.body(await htmlReport(report), 200, {
        "content-type": "text/html; charset=utf-8",
        "content-disposition": 'attachment; filename="report.html"',
        "content-security-policy": "sandbox",
      });
    })
    .post("/api/control/roots", rootsBody, async (c) => {
      const caller = contextOf(c).caller();
      const roots = await control.addRoots(
        c.req.valid("json").roots,
        caller.kind === "owner" ? caller.directory : "/",
      );
      return c.json({ status: "success" as const, roots });
    })
    .post("/api/control/reload", async (c) =>
      c.json({ status: "success" as const, ...(await control.reload()) }),
    )
    .get("/api/models/command/:id{[^]+}", async (c) => {
      const { pool } = await hearth.models();
      const id = pool.idOf(c.req.param("id"));
      const status = pool.list().find((model) => model.id === id);
      const config = hearth.modelsConfig().models.get(id);
      if (config === undefined) throw new HearthError("model-unknown", `No model named "${id}"`);
      const { describeCommand } = await import("../src/models/model-command.ts");
      const running = status?.pid === undefined ? undefined : status.command;
      return c.json({ status: "success" as const, ...describeCommand(config, running, process.env) });
    })
    .get("/api/config", (c) => c.json({ status: "success" as const, ...control.showConfig() }));
}

/** A run as a list tells it: what was found, in full, is asked for one by one. */
function summaryOf({ command, headline, id, kind, report, subject, time }: StoredRun) {
  return { id, kind, subject, time, headline, command, hasReport: report !== undefined };
}

function levelNamed(text: string | undefined): LogLevel | undefined {
  if (text === undefined) return undefined;
  if (Object.hasOwn(LEVEL_RANK, text)) return text as LogLevel;
  throw new HearthError("request-invalid", `"${text.slice(0, 40)}" is no level of the log`, {
    hint: `Use ${Object.keys(LEVEL_RANK).join(", ")}.`,
  });
}

/** Milliseconds of seconds since the epoch. */
function secondsIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^[-+.\de]+$/i.test(text) ? Number(text) : NaN;
  if (Number.isFinite(seconds)) return seconds * 1000;
  throw new HearthError("request-invalid", "since is a number of seconds since 1970");
}
