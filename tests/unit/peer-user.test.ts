import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "bun:test";
import { addressBytes } from "../../src/runtime/peer/address.ts";
import { bunSocketCalls } from "../../src/runtime/peer/calls.ts";
import { Connections } from "../../src/runtime/peer/connections.ts";
import { lookupInProc, ownerInTable } from "../../src/runtime/peer/proc-net.ts";
import { peerUser } from "../../src/runtime/peer/peer-check.ts";
import { SockDiag } from "../../src/runtime/peer/sock-diag.ts";

describe("security: whose a TCP connection is", () => {
  test.each([
    [1000, "same-user"],
    [0, "same-user"],
    [1001, "other-user"],
    [65_534, "other-user"],
    [undefined, "unknown"],
  ] as const)("to user 1000, a socket of %p is %s", (uid, expected) => {
    expect(peerUser(uid, 1000)).toBe(expected);
  });

  test("an unknown owner is never root, and another user is not root's", () => {
    expect(peerUser(undefined, 0)).toBe("unknown");
    expect(peerUser(1000, 0)).toBe("other-user");
  });

  test.each([
    ["127.0.0.1", [127, 0, 0, 1]],
    ["::ffff:127.0.0.1", [127, 0, 0, 1]],
    ["::ffff:7f00:1", [127, 0, 0, 1]],
    ["::1", [...Array<number>(15).fill(0), 1]],
    ["fe80::1%eth0", [0xfe, 0x80, ...Array<number>(13).fill(0), 1]],
    ["1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ])("%s is read as an address", (text, bytes) => {
    expect([...(addressBytes(text) ?? [])]).toEqual(bytes);
  });

  test.each(["", "localhost", "1.2.3", "1.2.3.256", "1:2", "::1::", "g::1", "1:2:3:4:5:6:7:8:9"])(
    "%p is not an address",
    (text) => {
      expect(addressBytes(text)).toBeUndefined();
    },
  );

  describe("in the system's table", () => {
    const ends = {
      peer: { address: "127.0.0.1", port: 0xd431 },
      server: { address: "127.0.0.1", port: 0x223d },
    };
    const row = (uid: number, inode: number) =>
      `   3: 0100007F:D431 0100007F:223D 01 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0 20 4 30 10 -1\n`;
    const back =
      "   4: 0100007F:223D 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 77 1 0 20 4 30 10 -1\n";

    test("the owner is that of the client's end", () => {
      expect(ownerInTable(back + row(1001, 4242), ends, false)).toBe(1001);
    });

    test("a socket that its process has closed has no owner, although the table says 0", () => {
      expect(ownerInTable(back + row(0, 0), ends, false)).toBeUndefined();
    });

    test("a socket that is listed twice has no owner", () => {
      expect(ownerInTable(row(1001, 1) + row(0, 2), ends, false)).toBeUndefined();
    });

    test("the server's own end alone is no client", () => {
      expect(ownerInTable(back, ends, false)).toBe("absent");
    });

    test("an IPv4 client with a socket of IPv6 is found", () => {
      const mapped =
        "   0: 0000000000000000FFFF00000100007F:D431 0000000000000000FFFF00000100007F:223D 01 00000000:00000000 00:00000000 00000000  1001        0 5 1\n";
      expect(ownerInTable(mapped, ends, true)).toBe(1001);
    });
  });

  describe.skipIf(process.platform !== "linux")("on Linux", () => {
    const calls = bunSocketCalls()();
    if (process.platform === "linux" && calls === undefined) throw new Error("the C library can't be loaded");
    const diag = calls && new SockDiag(calls);

    test.each(["127.0.0.1", "::1"])(
      "both ways find our own connection to %s, until it is closed",
      async (host) => {
        const server = createServer(() => {}).listen(0, host);
        await once(server, "listening");
        const { port } = server.address() as AddressInfo;
        const accepted = once(server, "connection");
        const client = connect(port, host);
        await once(client, "connect");
        const [peer] = (await accepted) as [Socket];
        const ends = {
          peer: { address: host, port: client.localPort ?? 0 },
          server: { address: host, port },
        };
        expect(lookupInProc(ends)).toBe(process.getuid?.());
        expect(diag?.lookup(ends)).toBe(process.getuid?.());
        const connections = new Connections(calls!);
        const mark = connections.find(ends);
        expect(mark && connections.isStanding(mark)).toBe(true);
        expect(mark && connections.isStanding({ ...mark, cookie: mark.cookie + 1 })).toBe(false);

        const closed = once(client, "close");
        client.destroy();
        await closed;
        expect(lookupInProc(ends)).toBeUndefined();
        expect(diag?.lookup(ends)).toBeUndefined();
        peer.destroy();
        server.close();
      },
    );

    test("a port at which somebody only listens is nobody's connection", async () => {
      const server = createServer(() => {}).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const ends = { peer: { address: "127.0.0.1", port }, server: { address: "127.0.0.1", port: 1 } };
      expect(diag?.lookup(ends)).toBeUndefined();
      expect(lookupInProc(ends)).toBeUndefined();
      server.close();
    });
  });
});
