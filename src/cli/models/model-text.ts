/** The positional argument of commands about one model. */
export const modelArg = {
  type: "positional",
  required: true,
  description: "Model, by its id or an alias; `hearth models list` shows them",
} as const;

/** Bytes as people read them; nothing where they are unknown. */
export function memoryText(bytes: number | null): string {
  if (bytes === null) return "";
  const mib = bytes / 1024 ** 2;
  return mib >= 1024 ? `${(mib / 1024).toFixed(1)} GiB` : `${mib.toFixed(0)} MiB`;
}

/** Seconds as people read them. */
export function timeText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
