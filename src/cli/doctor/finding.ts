/** What one check of `hearth doctor` found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly subject: string;
  readonly state: "ok" | "warn" | "fail";
  readonly message: string;
  /** How to mend it. */
  readonly hint?: string | undefined;
}

/** All is well with it. */
export function ok(subject: string, message: string): Finding {
  return { subject, state: "ok", message };
}

/** Works, but not as it should. */
export function warn(subject: string, message: string, hint?: string): Finding {
  return { subject, state: "warn", message, hint };
}

/** Does not work. */
export function fail(subject: string, message: string, hint?: string): Finding {
  return { subject, state: "fail", message, hint };
}
