import { HearthError, type HearthErrorOptions } from "../errors.ts";

/** The engine's process ended while this query ran, through no fault of the query that is known: it may be repeated. */
export class EngineStopped extends HearthError {
  /** True: it is not known which query was at fault, so a repetition should run alone. */
  readonly runAlone: boolean;

  constructor(runAlone: boolean, message: string, options?: HearthErrorOptions) {
    super("engine-stopped", message, options);
    this.runAlone = runAlone;
  }
}
