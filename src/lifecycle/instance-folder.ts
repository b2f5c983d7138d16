import { ensurePrivateFolder } from "../config/folders.ts";
import type { Instance } from "./instance.ts";

/**
 * Makes an instance's folder, and the state folder above it, which must be ours alone as well: who may write there could
 * put a folder of theirs in this one's place. Throws `state-unusable`.
 */
export function ensureInstanceFolder({ stateFolder, folder }: Instance): void {
  ensurePrivateFolder(stateFolder);
  ensurePrivateFolder(folder);
}
