import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

/** A command as the server read it. */
export interface TextRequest {
  /** The first line, without its end. */
  readonly line: string;
  readonly command: string;
  readonly key: string;
  /** What follows the key: flags, and for `ms` the length first. */
  readonly words: readonly string[];
  /** The value of a store. */
  readonly value: string;
  /** Number of the connection that it came over, from 1. */
  readonly connection: number;
  readonly socket: Socket;
}

/** What a script does with a request: send this, send nothing (`""`), or leave it to the server. */
export type TextScript = (request: TextRequest) => string | undefined;

export interface TextServerOptions {
  readonly script?: TextScript;
  /** Default: `"1.6.18"`. */
  readonly version?: string;
  /** Whether clients may choose the CAS, with `E`. Default: `false`. */
  readonly nonces?: boolean;
}

/**
 * A memcached of the text protocol that is empty and answers as a test tells it to: it greets well, misses every key, stores nothing, and confirms every
 * store and delete, unless `script` says otherwise. For the answers that a real server gives only on a bad day, and for versions that are not at hand.
 */
export class TextServer implements AsyncDisposable {
  readonly requests: TextRequest[] = [];
  script: TextScript;
  /** How often data arrived, each at most one write of the client. */
  reads = 0;
  readonly #version: string;
  readonly #nonces: boolean;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #connections = 0;
  #cas = 0;

  private constructor({ script = () => undefined, version = "1.6.18", nonces = false }: TextServerOptions) {
    this.script = script;
    this.#version = version;
    this.#nonces = nonces;
    this.#listener = createServer((socket) => this.#serve(socket));
  }

  static async start(options: TextServerOptions = {}): Promise<TextServer> {
    const server = new TextServer(options);
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
  get callersRequests(): readonly TextRequest[] {
    return this.requests.filter(({ command, key }) => /^(?:m[sgd])$/.test(command) && !isProbe(key));
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
    let pending = "";
    socket.on("data", (bytes) => {
      this.reads += 1;
      pending += bytes.toString("latin1");
      let answers = "";
      for (;;) {
        const parsed = parse(pending, connection, socket);
        if (parsed === undefined) break;
        pending = parsed.rest;
        this.requests.push(parsed.request);
        answers += this.script(parsed.request) ?? this.#answer(parsed.request);
      }
      if (answers !== "" && !socket.destroyed) socket.write(answers, "latin1");
    });
  }

  #answer(request: TextRequest): string {
    switch (request.command) {
      case "version":
        return `VERSION ${this.#version}\r\n`;
      case "mn":
        return "MN\r\n";
      case "ms":
      case "mg": {
        const nonce = wordOf(request, "E");
        if (nonce !== undefined && !this.#nonces) return "CLIENT_ERROR invalid flag\r\n";
        if (request.command === "mg" && wordOf(request, "N") === undefined) {
          return request.words.includes("q") ? "" : reply("EN", request);
        }
        this.#cas += 1;
        return reply("HD", request, nonce ?? String(this.#cas)).replace(
          "\r\n",
          request.command === "mg" ? " W\r\n" : "\r\n",
        );
      }
      case "md":
        return reply(
          isProbe(request.key) && wordOf(request, "C") !== String(this.#cas) ? "EX" : "HD",
          request,
        );
      default:
        return "END\r\n";
    }
  }
}

export function isProbe(key: string): boolean {
  return key.startsWith("aside:probe:");
}

/** The rest of the first word that begins so. */
export function wordOf({ words }: TextRequest, flag: string): string | undefined {
  return words.find((word) => word.startsWith(flag))?.slice(1);
}

/** One line that answers `request`, with the flags that it asks for. */
export function reply(code: string, request: TextRequest, cas = "0"): string {
  const opaque = wordOf(request, "O");
  const flags = [
    ...(request.words.includes("c") ? [`c${cas}`] : []),
    ...(opaque === undefined ? [] : [`O${opaque}`]),
  ];
  return `${[code, ...flags].join(" ")}\r\n`;
}

/** The answer to an `mg` that finds `value`. */
export function hit(request: TextRequest, value: string, cas = "7"): string {
  return `${reply(`VA ${value.length}`, request, cas)}${value}\r\n`;
}

function parse(
  text: string,
  connection: number,
  socket: Socket,
): { readonly request: TextRequest; readonly rest: string } | undefined {
  const lineEnd = text.indexOf("\r\n");
  if (lineEnd === -1) return undefined;
  const line = text.slice(0, lineEnd);
  const [command = "", key = "", ...words] = line.split(" ");
  const valueBytes =
    command === "ms" ? Number(words[0]) : /^(?:set|add|cas)$/.test(command) ? Number(words[2]) : -1;
  const start = lineEnd + 2;
  const end = valueBytes === -1 ? start : start + valueBytes + 2;
  if (text.length < end) return undefined;
  const value = valueBytes === -1 ? "" : text.slice(start, start + valueBytes);
  return { request: { line, command, key, words, value, connection, socket }, rest: text.slice(end) };
}
