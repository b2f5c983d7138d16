import type { FilePlace, OpenedFile, PathOptions } from "../access/files.ts";
import type { SourceFiles } from "../data/source.ts";
import type { Channel } from "../worker/channel.ts";
import { type ListAnswer, type OpenFileAnswer, receiveStamp, type SentStamp } from "./protocol.ts";

/** The caller's files, as a reader process sees them: the server checks every path, opens, and sends the bytes. */
export function remoteFiles(channel: Channel): SourceFiles {
  /** The files of a directory lie in a few places. */
  const places = new Map<string, Promise<FilePlace>>();
  const placeOf = async (path: string) => (await channel.ask("placeOf", path)).value as FilePlace;
  return {
    open: (path, options) => openRemote(channel, path, options),
    async stamp(path, options) {
      return receiveStamp((await channel.ask("stamp", { path, options })).value as SentStamp);
    },
    async list(path, options) {
      return (await channel.ask("list", { path, options })).value as ListAnswer;
    },
    placeOf(path) {
      const place = places.get(path) ?? placeOf(path);
      places.set(path, place);
      return place;
    },
  };
}

async function openRemote(channel: Channel, path: string, options?: PathOptions): Promise<OpenedFile> {
  const { value, bytes: head = new Uint8Array(0) } = await channel.ask("open", { path, options });
  const { file, shownPath, stamp, isWhole } = value as OpenFileAnswer;
  let isOpen = true;
  return {
    shownPath,
    stamp: receiveStamp(stamp),
    fd: -1,
    nativePath: "",
    async readAt(position, length) {
      if (position < head.length) return head.subarray(position, position + length);
      if (isWhole) return new Uint8Array(0);
      const { bytes } = await channel.ask("readFile", { file, position, length });
      return bytes ?? new Uint8Array(0);
    },
    // The server looks itself, at the end.
    isUnchanged: () => true,
    close() {
      if (isOpen) void channel.ask("closeFile", file).catch(() => {});
      isOpen = false;
    },
  };
}
