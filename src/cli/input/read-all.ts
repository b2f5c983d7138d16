import { byteStream } from "./byte-stream.ts";

/** All of standard input, as text. */
export async function readAll(): Promise<string> {
  return await new Response(byteStream("-")).text();
}
