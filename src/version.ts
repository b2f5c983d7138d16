/** hearth's own version; `scripts/build.ts` and a test hold it equal to package.json's. */
export const VERSION = "0.1.0";

/** Version of the protocol between hearth's client and server; raised when an older client could not be served. */
export const PROTOCOL = 1;

/** What lynguine's own tools compare in health and status: the version whose wire contract is kept. */
export const LYNGUINE_VERSION = "0.1.2";
