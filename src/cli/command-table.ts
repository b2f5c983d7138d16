import type { CommandTable } from "./command.ts";

/** Every command, in the order that help lists them. Only the one that is called gets loaded. */
export const COMMANDS: CommandTable = {
  read: () => import("./commands/read.ts"),
  write: () => import("./commands/write.ts"),
  compute: () => import("./commands/compute.ts"),
  field: () => import("./commands/field.ts"),
  interface: () => import("./commands/interface.ts"),
  session: () => import("./commands/session.ts"),
  models: () => import("./commands/models.ts"),
  chat: () => import("./commands/chat.ts"),
  bench: () => import("./commands/bench.ts"),
  eval: () => import("./commands/eval.ts"),
  serve: () => import("./commands/serve.ts"),
  start: () => import("./commands/start.ts"),
  stop: () => import("./commands/stop.ts"),
  restart: () => import("./commands/restart.ts"),
  reload: () => import("./commands/reload.ts"),
  status: () => import("./commands/status.ts"),
  ping: () => import("./commands/ping.ts"),
  logs: () => import("./commands/logs.ts"),
  config: () => import("./commands/config.ts"),
  trust: () => import("./commands/trust.ts"),
  doctor: () => import("./commands/doctor.ts"),
  lynguine: () => import("./commands/lynguine.ts"),
  completions: () => import("./commands/completions.ts"),
  version: () => import("./commands/version.ts"),
};
