import type { Socket } from "node:net";
import { type Answer, answerAt } from "./answer.js";
import { headerBytes, opcodes, statuses } from "./binary-protocol.js";
import { AuthenticationError } from "./memcached-errors.js";
import type { Credentials } from "./memcached-options.js";
import { MemjsServerBase } from "./memjs-server.js";
import { answerLength, ReplyAssembly } from "./reply-assembly.js";
import type { ServerAddress } from "./server-address.js";

const nothing: Buffer = Buffer.alloc(0);

/**
 * A memjs `Server` that lives for one connection and no longer. memjs's own reconnects silently and takes its state along: half an
 * answer of the old socket becomes the beginning of the first answer of the new one, and a value comes out wrong.
 *
 * memjs connects and authenticates; what it would do with requests and answers is done here, with one buffer, one table and one write for
 * all requests of a tick.
 *
 * Invariant: there is one socket in the life of this object. All that was read and written belongs to that socket. So a request given to this object goes out on exactly the connection that the object stands for, or not at all; there is no
 * instant between a check of the incarnation and the write at which memjs could put another socket underneath.
 */
export class SingleConnectionServer extends MemjsServerBase {
  #socket: Socket | undefined;
  #spent = false;
  readonly #assembly = new ReplyAssembly();
  readonly #receive: (answer: Answer) => void;
  /** The beginning of an answer that is not complete. */
  #rest: Buffer = nothing;
  #settleClosed: () => void = () => undefined;
  /** Settles when the socket is gone. */
  readonly closed: Promise<void>;

  /** @param receive - gets each answer; what it throws ends the connection. */
  constructor(
    address: ServerAddress,
    credentials: Credentials | undefined,
    receive: (answer: Answer) => void,
  ) {
    // Deadlines are kept by our own connection. memjs's are timers of inactivity, and after one of them the handler of the old
    // socket's end throws, or forgets the new socket.
    super(address.host, address.port, undefined, undefined, {
      timeout: 0,
      conntimeout: 0,
      keepAlive: true,
      keepAliveDelay: 30,
    });
    // memjs would take them from MEMCACHE_USERNAME and its like in the environment.
    this.username = credentials?.username;
    this.password = credentials?.password;
    this.#receive = receive;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /** What the socket has carried. */
  get bytes(): { readonly bytesSent: number; readonly bytesReceived: number } {
    return { bytesSent: this.#socket?.bytesWritten ?? 0, bytesReceived: this.#socket?.bytesRead ?? 0 };
  }

  /** memjs asks here for the socket of every write, and would connect a new one where the old one is gone. */
  override sock(sasl: boolean, go: (socket: Socket) => void): void {
    if (this.#spent) return; // `error` has told everybody
    if (this.#socket !== undefined) {
      super.sock(sasl, go);
      return;
    }
    super.sock(sasl, go);
    const socket = this._socket as Socket;
    this.#socket = socket;
    socket.setNoDelay(true);
    // memjs does not tell anybody when the server ends the connection: calls would wait for ever.
    socket.on("end", () => this.error(new Error("The server ended the connection.")));
    socket.on("close", () => {
      this.error(new Error("The connection was closed."));
      this.#settleClosed();
    });
  }

  /** The end of this object, once, whoever noticed it first: memjs, the socket or our own connection. */
  override error(error: unknown): void {
    if (this.#spent) return;
    this.#spent = true;
    this.#rest = nothing;
    this.#assembly.clear();
    if (this.#socket === undefined) this.#settleClosed();
    super.error(error);
  }

  /**
   * Like `error`, but with RST instead of FIN: else the kernel would go on sending what it still has, for minutes, and a store that
   * nobody waits for would happen when the network is back. Not by `resetAndDestroy`, which waits for those bytes; its
   * private flag (Node.js 20 to 24, `lib/net.js`) does it at once, and where it should be missing this is `error`.
   */
  reset(error: unknown): void {
    const socket = this.#socket;
    if (socket !== undefined && !socket.connecting) Object.assign(socket, { resetAndClosing: true });
    this.error(error);
  }

  /** Past memjs's own, which keeps a list of timeouts that it never uses here. */
  write(bytes: Buffer): void {
    this.sock(false, (socket) => socket.write(bytes));
  }

  /** Past memjs's own, which makes six objects for each answer, and parses on with what was left of an answer that broke off. */
  override responseHandler(chunk: Buffer): void {
    if (this.#spent) return;
    try {
      const rest = this.#rest;
      // Set first: when the bytes turn out damaged nothing of them may stay.
      this.#rest = nothing;
      this.#rest = this.#takeAll(this.#assembly.take(rest, chunk));
    } catch (error) {
      // Whatever went wrong in an answer, the bytes behind it cannot be trusted.
      this.error(error);
    }
  }

  /** @returns the bytes behind the last complete answer. */
  #takeAll(bytes: Buffer): Buffer {
    let offset = 0;
    while (bytes.length - offset >= headerBytes) {
      const length = answerLength(bytes, offset);
      if (bytes.length - offset < length) break;
      this.#takeOne(answerAt(bytes, offset, length));
      if (this.#spent) return nothing;
      offset += length;
    }
    return offset === bytes.length ? nothing : bytes.subarray(offset);
  }

  #takeOne(answer: Answer): void {
    if (answer.opcode === opcodes.saslList) this.saslAuth();
    else if (answer.status === statuses.authenticationRequired) this.error(new AuthenticationError());
    else if (answer.opcode === opcodes.saslAuth) this.emit("authenticated");
    else this.#receive(answer);
  }
}
