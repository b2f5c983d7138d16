import * as v from "valibot";
import { named, said, success } from "./parts.ts";
import { LogLine } from "./insight.ts";

const Texts = v.array(v.string());

export const LogsAnswer = success({ lines: said(v.array(LogLine), "Oldest first") });

const SUMMARY = {
  id: v.string(),
  kind: said(v.string(), "Which benchmark or evaluation"),
  subject: said(v.string(), "What was measured"),
  time: said(v.string(), "ISO 8601"),
  headline: v.object({
    name: v.string(),
    value: v.number(),
    unit: v.string(),
    isLessBetter: v.boolean(),
  }),
  command: said(v.string(), "The command line that repeats it"),
};

export const HistoryAnswer = success({
  runs: said(
    v.array(v.pipe(v.object({ ...SUMMARY, hasReport: v.boolean() }), named("RunSummary"))),
    "Oldest first",
  ),
});

export const HistoryRunAnswer = success({
  run: v.object({
    ...SUMMARY,
    result: said(v.unknown(), "All that was found, as `--json` prints it"),
    report: v.optional(
      said(v.record(v.string(), v.unknown()), "The same for people: facts, tables, charts, notes"),
    ),
  }),
});

export const PageLinkAnswer = success({
  code: said(v.string(), "Good once, within a minute"),
  url: said(v.string(), "Where a browser of this machine finds the page"),
});

export const SignInAnswer = success({
  secret: said(v.string(), "Kept by the page; both sides prove that they have it, and it is not sent again"),
});

export const ChallengeAnswer = success({
  serverNonce: said(
    v.string(),
    "The server's part: milliseconds since 1970 until which a token is good, and random text",
  ),
  proof: said(v.string(), "HMAC-SHA-256 in hex"),
});

export const RootsAnswer = success({ roots: said(Texts, "All folders that guests may reach now") });

export const ReloadAnswer = success({
  changed: said(Texts, "Settings that have another value now"),
  needsRestart: said(Texts, "What keeps its value, or a part of it, until a restart"),
  kept: said(Texts, "Why these have to wait"),
  warnings: Texts,
});

export const ConfigAnswer = success({
  settings: v.record(
    v.string(),
    v.object({
      value: v.optional(v.unknown()),
      origin: v.picklist(["flag", "environment", "file", "default"]),
      where: said(v.string(), '`--port`, `HEARTH_PORT`, `hearth.yaml:3:7`, or "" for a default'),
    }),
  ),
  config: v.nullable(
    v.object({
      path: v.string(),
      realPath: v.string(),
      how: v.picklist(["flag", "environment", "found", "user"]),
      isTrusted: v.boolean(),
      isBroken: v.boolean(),
      hash: said(v.string(), "SHA-256 of its content, in hex"),
      missing: v.optional(said(v.string(), "Why `extends: user` has no effect")),
    }),
  ),
  kept: said(
    v.nullable(
      v.object({
        since: said(v.string(), "When the settings in force were taken, in ISO 8601"),
        reason: said(v.string(), "Why the server does not go by its config as it is now"),
        settings: said(Texts, "Those that wait for a restart; empty: nothing of the config was taken"),
        hint: v.string(),
        detail: said(v.string(), "The reason with all that is wrong"),
      }),
    ),
    "Null while the server goes by its config as it is",
  ),
  warnings: Texts,
  waiting: said(Texts, "Keys that have no effect until `hearth trust`"),
  roots: said(Texts, "Folders that guests may reach"),
});

export const AccessAnswer = success({
  version: v.string(),
  control: said(v.boolean(), "The owner's endpoints"),
  admin: said(v.boolean(), "The models' output"),
  isPage: said(v.boolean(), "The caller is a page that signed in"),
  server: said(v.boolean(), "false: embedded in a program, so there is nothing to control"),
});
