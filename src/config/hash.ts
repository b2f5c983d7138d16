/** SHA-256 of bytes or text, in hex. */
export function sha256(content: Uint8Array | string): string {
  // Not imported at the top: the quick path of the client never gets here, and node:crypto costs it 6 ms
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(content).digest("hex");
}
