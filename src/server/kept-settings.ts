/** Why a running server does not go by its config as it is now. */
export interface KeptSettings {
  /** ISO time at which the settings in force were taken. */
  readonly since: string;
  /** A sentence without its full stop; nothing of the config's content is in it, so guests may read it. */
  readonly reason: string;
  /** The settings that wait for a restart; empty: nothing of the config was taken. */
  readonly settings: readonly string[];
  /** What to do about it. */
  readonly hint: string;
  /** The reason with all that is wrong; for log and owner. */
  readonly detail: string;
}

/** As one sentence for people, without its full stop. */
export function keptSentence(
  { since, settings, reason }: Pick<KeptSettings, "since" | "settings" | "reason">,
  now: Date = new Date(),
): string {
  const what =
    settings.length === 0
      ? `its settings of ${timeText(new Date(since), now)}`
      : `what it had for ${settings.join(", ")} until a restart`;
  return `The running server keeps ${what}: ${reason}`;
}

/** "10:03:12", with the date on another day. */
function timeText(time: Date, now: Date): string {
  const clock = time.toTimeString().slice(0, 8);
  if (time.toDateString() === now.toDateString()) return clock;
  const day = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
  return `${day.map((part) => String(part).padStart(2, "0")).join("-")} ${clock}`;
}
