/**
 * Makes something once and shares it; what failed is not kept: the next caller tries again. For modules that are loaded,
 * and processes and files that are opened, when they are first needed.
 */
export function onceUnlessFailed<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    if (made !== undefined) return made;
    const making = make().catch((error: unknown) => {
      if (made === making) made = undefined;
      throw error;
    });
    made = making;
    return making;
  };
}
