/**
 * Who is asking. The owner is the user's own command line or client library, on the instance's Unix socket; anyone else
 * is a guest, confined to the roots.
 */
export type Caller = OwnerCaller | GuestCaller;

export interface OwnerCaller {
  readonly kind: "owner";
  /** Absolute folder that the owner's relative paths start from: where the client was called. */
  readonly directory: string;
  /** The caller's own environment, as far as the client sent it; never logged, never kept. */
  readonly environment: Readonly<Record<string, string>>;
  /** Told of a variable that is named in a file and that the client did not send. */
  readonly onUnsent?: (name: string) => void;
  /** IANA name of the caller's time zone. */
  readonly timeZone: string | undefined;
  /** The caller's umask; a new file written for the owner gets the mode that it gives. */
  readonly umask: number | undefined;
}

export interface GuestCaller {
  readonly kind: "guest";
  /** The server's variables that it may use; undefined: all that don't look like secrets. */
  readonly variables?: readonly string[] | undefined;
  /** The key or token that it sent; undefined: none is in force, and all guests are the same user. */
  readonly key?: {
    /** A name for the key that is no secret. */
    readonly holder: string;
    /** Sees what belongs to other keys too. */
    readonly isAdmin: boolean;
  };
}
