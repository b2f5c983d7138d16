import { HearthError } from "../../src/errors.ts";

/** The `HearthError` that some work fails with; anything else fails the test. */
export async function fault(work: Promise<unknown>): Promise<HearthError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HearthError)) throw new Error(`expected a HearthError, got ${String(error)}`);
  return error;
}
