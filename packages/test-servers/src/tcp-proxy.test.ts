import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.js";

describe("TcpProxy", () => {
  let echo: Server;
  let proxy: TcpProxy;
  const clients: Socket[] = [];

  beforeEach(async () => {
    echo = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.pipe(socket);
    });
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
    const address = echo.address();
    assert(address !== null && typeof address === "object");
    proxy = await startTcpProxy({ host: "127.0.0.1", port: address.port });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.stop();
    echo.close();
    await once(echo, "close");
  });

  /** A connected client, what it has received, and how it ended. */
  async function open() {
    const socket = connect({ host: proxy.host, port: proxy.port, allowHalfOpen: true });
    clients.push(socket);
    const seen = { text: "", ended: "" };
    socket.on("data", (bytes) => {
      seen.text += bytes.toString();
    });
    socket.on("end", () => {
      seen.ended ||= "fin";
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      seen.ended ||= error.code ?? "error";
    });
    await once(socket, "connect");
    return { socket, seen };
  }

  async function until(condition: () => boolean): Promise<void> {
    for (const end = performance.now() + 3000; performance.now() < end; await sleep(5))
      if (condition()) return;
    assert.fail(`never came true: ${condition}`);
  }

  it("passes bytes both ways, and the end of both sides", async () => {
    const { socket, seen } = await open();
    const long = "x".repeat(3_000_000);
    socket.end(long);
    await until(() => seen.ended !== "");
    assert.equal(seen.text.length, long.length);
    assert.equal(seen.ended, "fin");
    await until(() => proxy.connections === 0);
  });

  it("refuses connections after a cut, and takes them on the same port after resume", async () => {
    const { seen } = await open();
    const { port } = proxy;
    await proxy.cut();
    await until(() => seen.ended === "ECONNRESET");
    await assert.rejects(open(), { code: "ECONNREFUSED" });
    await proxy.resume();
    assert.equal(proxy.port, port);
    const again = await open();
    again.socket.write("hello");
    await until(() => again.seen.text === "hello");
  });

  it("drops open connections and takes new ones", async () => {
    const reset = await open();
    const closed = await open();
    await until(() => proxy.connections === 2);
    closed.socket.write("a");
    await until(() => closed.seen.text === "a");
    proxy.dropConnections("fin");
    await until(() => closed.seen.ended === "fin" && reset.seen.ended === "fin");
    const third = await open();
    third.socket.write("b");
    await until(() => third.seen.text === "b");
    proxy.dropConnections();
    await until(() => third.seen.ended === "ECONNRESET");
  });

  it("holds every byte back in a black hole, and delivers them after resume", async () => {
    const { socket, seen } = await open();
    socket.write("1");
    await until(() => seen.text === "1");
    proxy.blackHole();
    const late = await open();
    socket.write("2");
    late.socket.write("3");
    await sleep(100);
    assert.deepEqual(
      [seen, late.seen],
      [
        { text: "1", ended: "" },
        { text: "", ended: "" },
      ],
    );
    await proxy.resume();
    await until(() => seen.text === "12" && late.seen.text === "3");
  });

  it.each([
    { direction: "replies", ending: "reset", ended: "ECONNRESET" },
    { direction: "replies", ending: "fin", ended: "fin" },
    { direction: "requests", ending: "reset", ended: "ECONNRESET" },
  ] as const)(
    "cuts once after some bytes of $direction with $ending",
    async ({ direction, ending, ended }) => {
      const { socket, seen } = await open();
      proxy.cutAfterBytes(5, direction, ending);
      socket.write("abc");
      await until(() => seen.text === "abc");
      socket.write("defg");
      await until(() => seen.ended !== "");
      assert.equal(seen.ended, ended);
      // What was let through of a request, its echo, may die with the connection.
      if (direction === "replies") assert.equal(seen.text, "abcde");
      else assert.match("abcde", new RegExp(`^${seen.text}`));
      const next = await open();
      next.socket.write("0123456789");
      await until(() => next.seen.text === "0123456789");
    },
  );

  it("cuts what comes into packets of one byte, and keeps their order and the end behind them", async () => {
    proxy.pace({ packetBytes: 1, everyMs: 0 });
    const { socket, seen } = await open();
    const packets: number[] = [];
    socket.on("data", (bytes) => packets.push(bytes.length));
    const text = "0123456789".repeat(20);
    socket.end(text);
    await until(() => seen.ended !== "");
    assert.equal(seen.text, text);
    assert.ok(packets.length > text.length / 2, `${packets.length} packets`);
    await until(() => proxy.connections === 0);
  });

  it("brings what came in a span as one packet, and lets bytes pass at once when the pace has ended", async () => {
    const { socket, seen } = await open();
    const packets: string[] = [];
    socket.on("data", (bytes) => packets.push(bytes.toString()));
    proxy.pace({ packetBytes: Number.POSITIVE_INFINITY, everyMs: 100 });
    for (const text of ["a", "b", "c"]) {
      socket.write(text);
      await sleep(5);
    }
    await until(() => seen.text === "abc");
    assert.deepEqual(packets, ["abc"]);
    await proxy.resume();
    socket.write("d");
    await until(() => seen.text === "abcd");
  });
});
