/** Says what is wrong, at a place of one file. */
export type Report = (path: readonly string[], message: string) => void;
