import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { headerBytes, opcodes } from "../src/binary-protocol.js";

/** A request as the server read it. */
export interface ScriptedRequest {
  readonly opcode: number;
  readonly opaque: number;
  readonly key: string;
  readonly extras: Buffer;
  readonly value: Buffer;
  readonly cas: bigint;
  /** Number of the connection that it came over, from 1. */
  readonly connection: number;
  readonly socket: Socket;
}

/** Parts of an answer that differ from "ok, empty". */
export interface ScriptedReply {
  readonly status?: number;
  readonly cas?: bigint;
  readonly key?: string;
  readonly extras?: Buffer;
  readonly value?: string | Buffer;
  readonly opcode?: number;
  readonly opaque?: number;
  readonly magic?: number;
}

/** What a script does with a request: send these bytes, send nothing, or leave it to the server. */
export type Script = (request: ScriptedRequest) => Buffer | "silence" | undefined;

/**
 * A memcached that is empty and answers as a test tells it to: it greets well, misses every key, stores nothing, and confirms every store
 * and delete, unless `script` says otherwise. For the answers that a real server gives only on a bad day.
 */
export class ScriptedServer implements AsyncDisposable {
  readonly requests: ScriptedRequest[] = [];
  script: Script = () => undefined;
  /** How often data arrived, each at most one write of the client. */
  reads = 0;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #connections = 0;
  #cas = 0n;

  private constructor() {
    this.#listener = createServer((socket) => this.#serve(socket));
  }

  static async start(script?: Script): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    if (script !== undefined) server.script = script;
    server.#listener.listen({ host: "127.0.0.1", port: 0 });
    await once(server.#listener, "listening");
    return server;
  }

  get address(): string {
    const address = this.#listener.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `127.0.0.1:${address.port}`;
  }

  /** How many connections were ever made. */
  get connections(): number {
    return this.#connections;
  }

  /** The connections that stand now. */
  get sockets(): readonly Socket[] {
    return [...this.#sockets];
  }

  /** The requests after the greeting: what callers caused. */
  get callersRequests(): readonly ScriptedRequest[] {
    return this.requests.filter(
      ({ opcode, key }) => opcode !== opcodes.version && opcode !== opcodes.stat && !isProbe(key),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#connections += 1;
    const connection = this.#connections;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    let pending: Buffer = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      this.reads += 1;
      pending = Buffer.concat([pending, bytes]);
      const answers: Buffer[] = [];
      while (pending.length >= headerBytes && pending.length >= headerBytes + pending.readUInt32BE(8)) {
        const request = parse(pending, connection, socket);
        pending = pending.subarray(headerBytes + pending.readUInt32BE(8));
        this.requests.push(request);
        const answer = this.script(request) ?? this.#answer(request);
        if (answer !== "silence") answers.push(answer);
      }
      if (answers.length > 0 && !socket.destroyed) socket.write(Buffer.concat(answers));
    });
  }

  #answer(request: ScriptedRequest): Buffer | "silence" {
    switch (request.opcode) {
      case opcodes.version:
        return reply(request, { value: "1.6.18" });
      case opcodes.getkq:
        return "silence";
      case opcodes.getk:
        return reply(request, { status: 1, key: request.key });
      case opcodes.add:
      case opcodes.set:
        this.#cas += 1n;
        return reply(request, { cas: this.#cas });
      case opcodes.delete:
        return reply(request, isProbe(request.key) && request.cas !== this.#cas ? { status: 2 } : {});
      default:
        return reply(request);
    }
  }
}

export function isProbe(key: string): boolean {
  return key.startsWith("aside:probe:");
}

/** The bytes of an answer to `request`. */
export function reply(request: ScriptedRequest, parts: ScriptedReply = {}): Buffer {
  const key = Buffer.from(parts.key ?? "", "latin1");
  const extras = parts.extras ?? Buffer.alloc(0);
  const value = Buffer.from(parts.value ?? "");
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(parts.magic ?? 0x81, 0);
  header.writeUInt8(parts.opcode ?? request.opcode, 1);
  header.writeUInt16BE(key.length, 2);
  header.writeUInt8(extras.length, 4);
  header.writeUInt16BE(parts.status ?? 0, 6);
  header.writeUInt32BE(key.length + extras.length + value.length, 8);
  header.writeUInt32BE(parts.opaque ?? request.opaque, 12);
  header.writeBigUInt64BE(parts.cas ?? 0n, 16);
  return Buffer.concat([header, extras, key, value]);
}

/** The answer to a get that finds `value`. */
export function hit(request: ScriptedRequest, value: string | Buffer, parts: ScriptedReply = {}): Buffer {
  return reply(request, { cas: 7n, key: request.key, extras: Buffer.alloc(4), value, ...parts });
}

function parse(bytes: Buffer, connection: number, socket: Socket): ScriptedRequest {
  const keyBytes = bytes.readUInt16BE(2);
  const extrasBytes = bytes.readUInt8(4);
  const end = headerBytes + bytes.readUInt32BE(8);
  const keyAt = headerBytes + extrasBytes;
  return {
    opcode: bytes.readUInt8(1),
    opaque: bytes.readUInt32BE(12),
    cas: bytes.readBigUInt64BE(16),
    extras: bytes.subarray(headerBytes, keyAt),
    key: bytes.toString("latin1", keyAt, keyAt + keyBytes),
    value: bytes.subarray(keyAt + keyBytes, end),
    connection,
    socket,
  };
}
