/** Bytes of a numeric IP address: 4 for IPv4 and for IPv6 with an IPv4 address mapped into it, else 16; undefined for other text. */
export function addressBytes(text: string): Uint8Array | undefined {
  const [bare = ""] = text.split("%");
  if (!bare.includes(":")) return ipv4(bare);
  const bytes = ipv6(bare);
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes;
}

function ipv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const isValid = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
  return isValid ? Uint8Array.from(parts, Number) : undefined;
}

function ipv6(text: string): Uint8Array | undefined {
  const [head, tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const [before, after] = [groups(head ?? ""), groups(tail ?? "")];
  if (before === undefined || after === undefined) return undefined;
  const missing = 16 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 0) return undefined;
  return Uint8Array.from([...before, ...Array.from({ length: missing }, () => 0), ...after]);
}

function groups(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  for (const group of text.split(":")) {
    const dotted = group.includes(".") ? ipv4(group) : undefined;
    if (dotted !== undefined) bytes.push(...dotted);
    else if (/^[\da-f]{1,4}$/i.test(group)) bytes.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 255);
    else return undefined;
  }
  return bytes;
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
}
