import { HearthError } from "../errors.ts";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i;

/** True for the names and addresses that only programs of this machine reach. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Beyond loopback anyone on the network could ask: that needs a token. Throws `config-invalid`. */
export function checkExposure(host: string, isGuarded: boolean, hint: string): void {
  if (isGuarded || isLoopback(host)) return;
  throw new HearthError("config-invalid", `Listening on ${host}, beyond this machine, needs a token`, {
    hint,
  });
}
