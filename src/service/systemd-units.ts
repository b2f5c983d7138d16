import { join } from "node:path";
import { FAULT_EXIT_CODE } from "../lifecycle/process-faults.ts";
import { markLine } from "./mark.ts";
import { addressText, serviceName, type ServiceFile, type ServicePlan } from "./plan.ts";
import { environmentWord, execProgram, execWord } from "./systemd-quote.ts";

/**
 * Seconds after its last connection in which the proxy stays: far less than a server's idle timeout, so that it is
 * gone when the server leaves, and the next connection starts both.
 */
const PROXY_IDLE_SECONDS = 10;
/** The system's own limit is 256; browsers and notebooks keep connections open. */
const PROXY_CONNECTIONS = 1024;

/** A server that leaves and comes all day is no failure; nothing here starts again without being asked. */
const NO_START_LIMIT = "StartLimitIntervalSec=0";
/**
 * Ends of a server that could not start. The proxy then stays: taken away, its connection would be waiting still, and
 * start everything again at once.
 */
const FAILED_STARTS = "exit-code|protocol|resources";

/** The three units of a service. */
export interface UnitNames {
  /** Holds the port, and starts the proxy at the first connection. */
  readonly socket: string;
  /** Takes connections over to the server's socket. */
  readonly proxy: string;
  readonly server: string;
}

/** Of an instance's service. */
export function unitNames(key: string): UnitNames {
  return namesOf(serviceName(key));
}

/** Of a service by its own name. */
export function namesOf(name: string): UnitNames {
  return { socket: `${name}.socket`, proxy: `${name}-proxy.service`, server: `${name}.service` };
}

/**
 * The units of a service, written from its plan alone. The proxy wants the server but does not require it: a server
 * that can't start then costs a connection, and not the socket, which systemd would give up after some tries.
 *
 * @param folder where the user's units lie
 * @param proxyProgram path of `systemd-socket-proxyd`
 */
export function systemdUnits(plan: ServicePlan, folder: string, proxyProgram: string): ServiceFile[] {
  const names = unitNames(plan.key);
  const address = addressText(plan.address);
  const head = (description: string) => [
    "# Written by `hearth service install`; `hearth service uninstall` removes it.",
    `# ${markLine(plan, address)}`,
    "[Unit]",
    `Description=${description} (${plan.key})`,
  ];
  const units: Record<string, string[]> = {
    [names.socket]: [
      ...head("The port of hearth"),
      "",
      "[Socket]",
      `ListenStream=${address}`,
      "NoDelay=true",
      `Service=${names.proxy}`,
      "",
      "[Install]",
      "WantedBy=sockets.target",
    ],
    [names.proxy]: [
      ...head("The way from the port to hearth"),
      `Wants=${names.server}`,
      `After=${names.server}`,
      NO_START_LIMIT,
      "",
      "[Service]",
      execLine("ExecStart", [
        proxyProgram,
        `--exit-idle-time=${PROXY_IDLE_SECONDS}s`,
        `--connections-max=${PROXY_CONNECTIONS}`,
        plan.guestSocketPath,
      ]),
    ],
    [names.server]: [...head("hearth"), NO_START_LIMIT, "", "[Service]", ...serverLines(plan, names)],
  };
  return Object.entries(units).map(([name, lines]) => ({
    path: join(folder, name),
    text: `${lines.join("\n")}\n`,
  }));
}

function serverLines({ command, environment, guestSocketPath }: ServicePlan, { proxy }: UnitNames): string[] {
  const stopProxy = `case $SERVICE_RESULT in ${FAILED_STARTS}) ;; *) exec systemctl --user --no-block stop ${proxy} ;; esac`;
  return [
    "Type=notify",
    "# It tells by systemd-notify, a process of its own.",
    "NotifyAccess=all",
    ...Object.entries(environment).map(([name, value]) => `Environment=${environmentWord(name, value)}`),
    "WorkingDirectory=/",
    execLine("ExecStart", [...command, "--no-tcp", "--guest-socket", guestSocketPath]),
    "# It ended for an error that belongs to no request.",
    `RestartForceExitStatus=${FAULT_EXIT_CODE}`,
    "RestartSec=1s",
    "# When it has left or was killed, the proxy has nobody to lead to: the next connection starts both.",
    execLine("ExecStopPost", ["/bin/sh", "-c", stopProxy], "-"),
  ];
}

function execLine(key: string, [program, ...words]: readonly [string, ...string[]], prefix = ""): string {
  return `${key}=${prefix}${[execProgram(program), ...words.map(execWord)].join(" ")}`;
}
