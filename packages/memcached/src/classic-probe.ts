import { randomUUID } from "node:crypto";
import { ClassicDialect } from "./classic-dialect.js";
import { misconfigured } from "./memcached-errors.js";
import type { Ask } from "./text-ask.js";
import type { CallContext } from "./text-call.js";
import type { TextDialect } from "./text-dialect.js";

/**
 * Asks whether the server keeps the contract over the classic commands.
 * @throws {AsideError} `CONFIGURATION`
 */
export async function probeClassic(ask: Ask, context: CallContext): Promise<TextDialect> {
  const key = `aside:probe:${randomUUID()}`;
  const [, [found = ""]] = await Promise.all([
    ask(`set ${key} 0 1 1\r\n0\r\n`),
    ask(`gets ${key}\r\n`, (line) => !/^(?:VALUE |0$)/.test(line)),
  ]);
  const cas = BigInt(/^VALUE \S+ 0 1 (\d+)$/.exec(found)?.[1] ?? 0);
  if (cas === 0n) throw misconfigured(context.partition, "the server hands out no CAS; start it without -C");
  // Far from the counter of a young server.
  const [answer] = await ask(`cas ${key} 0 1 1 ${cas ^ (1n << 62n)}\r\n1\r\n`);
  if (answer === "STORED")
    throw misconfigured(context.partition, "the server does not respect the CAS of a request");
  return new ClassicDialect(context);
}
