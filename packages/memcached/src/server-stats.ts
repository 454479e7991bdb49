import type { Milliseconds } from "@aside/core";
import { encodeRequest, opcodes, statuses } from "./binary-protocol.js";
import type { MemcachedConnection } from "./memcached-connection.js";
import { expectOpcode } from "./replies.js";
import type { Outcome } from "./single-call.js";

type Told = ReadonlyMap<string, string>;

/**
 * What the server tells of `topic` (`""`: in general). Answered by one message for each line and an empty one. A managed service may refuse: then nothing
 * is known.
 */
export function askStats(
  connection: MemcachedConnection,
  topic: "" | "settings",
  timeoutMs: Milliseconds,
): Promise<Told> {
  const told = new Map<string, string>();
  return connection.call(
    (opaque) => encodeRequest(opcodes.stat, opaque, topic),
    timeoutMs,
    (answer): Outcome<Told> => {
      expectOpcode(answer, opcodes.stat);
      if (answer.status !== statuses.ok || answer.bodyBytes === 0) return { value: told };
      told.set(answer.key, answer.value.toString());
      return undefined;
    },
  );
}
