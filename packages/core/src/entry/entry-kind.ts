import { randomBytes } from "node:crypto";

/**
 * First byte of every entry, the same in every format version: rolling deploys rest on it. A kind that this version
 * does not know is treated as a hold, and an empty entry as a lease.
 */
export const entryKind = { value: 0x56, absence: 0x41, lease: 0x4c, hold: 0x48 } as const;

export type EntryKind = "value" | "absence" | "lease" | "hold" | "unknown";

export function kindOf(bytes: Uint8Array): EntryKind {
  switch (bytes[0]) {
    case entryKind.value:
      return "value";
    case entryKind.absence:
      return "absence";
    case entryKind.lease:
    case undefined:
      return "lease";
    case entryKind.hold:
      return "hold";
    default:
      return "unknown";
  }
}

/** The entry of a reader that is about to fill. The CAS token tells leases apart, so it carries nothing more. */
export const leaseBytes: Uint8Array = Uint8Array.of(entryKind.lease);

/** A lease that carries the expired entry whose place it takes, for the case that the load fails. */
export function leaseOver(expired: Uint8Array): Uint8Array {
  return Buffer.concat([leaseBytes, expired]);
}

/** The expired entry that a lease carries; empty for one that carries none. */
export function expiredIn(lease: Uint8Array): Uint8Array {
  return lease.subarray(leaseBytes.length);
}

/** A writer's entry, with a random id of its own. */
export function newHoldBytes(): Uint8Array {
  const bytes = randomBytes(17);
  bytes[0] = entryKind.hold;
  return bytes;
}
