import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Systems give outgoing connections a port from 32768 (Linux) or 49152 (others) up. A server whose port lies below
 * finds it free again when it is restarted.
 */
const lowestPort = 20_000;
const highestPort = 32_000;

/** A TCP port of the loopback interface that nobody listens on at this moment. Somebody else may still take it. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(lowestPort, highestPort);
    if (await canListenOn(port)) return port;
  }
  throw new Error(`No free port found between ${lowestPort} and ${highestPort}.`);
}

function canListenOn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
