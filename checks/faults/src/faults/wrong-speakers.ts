import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { type Fault, leadTo } from "../bout.js";

/** Who else may sit on the port. */
const speakers: readonly { readonly name: string; readonly open: () => Server }[] = [
  { name: "HTTP", open: () => createHttpServer((_, response) => response.end("hello\n")) },
  {
    name: "SSH",
    open: () =>
      createServer((socket) => {
        socket.write("SSH-2.0-OpenSSH_9.6\r\n");
        socket.once("data", () => socket.end("Invalid SSH identification string.\r\n"));
      }),
  },
  // Without a certificate: to what is no TLS it answers with an alert, as any other.
  { name: "TLS", open: () => createTlsServer() },
  { name: "an echo", open: () => createServer((socket) => socket.pipe(socket)) },
];

/** Another protocol on the port of memcached, until memcached is back. */
export const wrongSpeakers: readonly Fault[] = speakers.map(({ name, open }) => ({
  name: `wrong protocol on the port: ${name}`,
  calls: "fail",
  async strike(bout) {
    const plain = { ...bout.target };
    const speaker = open();
    const sockets = new Set<Socket>();
    speaker.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
    });
    speaker.listen(0, "127.0.0.1");
    await once(speaker, "listening");
    await leadTo(bout, { host: "127.0.0.1", port: (speaker.address() as AddressInfo).port });
    await sleep(bout.lastingMs);
    await leadTo(bout, plain);
    for (const socket of sockets) socket.destroy();
    speaker.close();
    await once(speaker, "close");
  },
}));
