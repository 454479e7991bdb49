/** What the simulator reads of entries: their kind, and the value of an envelope (core's `entry/envelope.ts`). */
export type Kind = "value" | "absence" | "lease" | "hold" | "nothing";

export function kindOf(bytes: Uint8Array | undefined): Kind {
  switch (bytes?.[0]) {
    case 0x56:
      return "value";
    case 0x41:
      return "absence";
    case 0x48:
      return "hold";
    default:
      return bytes === undefined ? "nothing" : "lease";
  }
}

export function isHold(bytes: Uint8Array): boolean {
  return kindOf(bytes) === "hold";
}

export function isLease(bytes: Uint8Array): boolean {
  return kindOf(bytes) === "lease";
}

/** The random number of a generation (core's `flow/seeds.ts`). */
export function isSeed(bytes: Uint8Array): boolean {
  return bytes.length === 10 && bytes[0] === 0x56;
}

/** The ended entry that a lease carries, for the case that the load fails. */
export function carriedBy(lease: Uint8Array): Uint8Array {
  return lease.subarray(1);
}

/** The encoded value, which is JSON of an object; `undefined` for a known absence. */
export function textOf(entry: Uint8Array): string | undefined {
  if (kindOf(entry) === "absence") return undefined;
  const text = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength).toString("latin1");
  return text.slice(text.indexOf('{"'));
}

/** From when on the entry is not served, by the clock of whoever filled it. */
export function staleAtMs(entry: Uint8Array): number {
  return Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength).readDoubleBE(8);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
