import type { Scheduler } from "../world/scheduler.js";

interface Slot {
  readonly bytes: Uint8Array;
  readonly cas: number;
  readonly endsAtTick: number;
}

/** Why an entry is gone, or another one stands there. */
export type Loss = "evicted" | "restarted" | "stored" | "deleted";

/** Told of what happens to entries, in the very moment. */
export interface NodeWitness {
  lost(key: string, bytes: Uint8Array, by: Loss, next: Uint8Array | undefined): void;
}

/**
 * One memcached: counts its CAS from 1 again after a restart, and its clock ticks by the second, so that a ttl of n lives n-1 to n. May be
 * stopped (requests wait, and are done later) and restarted (all is lost, connections break).
 */
export class CacheNode {
  readonly name: string;
  pausedUntilMs = 0;
  downUntilMs = 0;
  /** Counts restarts: a connection to an earlier boot is dead. */
  boot = 1;
  readonly #scheduler: Scheduler;
  readonly #witness: NodeWitness;
  /** When its clock ticks within a second. */
  readonly #phaseMs: number;
  readonly #slots = new Map<string, Slot>();
  #cas = 0;

  constructor(name: string, scheduler: Scheduler, witness: NodeWitness, phaseMs: number) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#witness = witness;
    this.#phaseMs = phaseMs;
  }

  get up(): boolean {
    return this.#scheduler.nowMs >= this.downUntilMs;
  }

  look(key: string): Slot | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined || slot.endsAtTick > this.#tick()) return slot;
    this.#slots.delete(key);
    return undefined;
  }

  add(key: string, bytes: Uint8Array, ttlMs: number): number | undefined {
    return this.look(key) === undefined ? this.set(key, bytes, ttlMs) : undefined;
  }

  set(key: string, bytes: Uint8Array, ttlMs: number): number {
    this.#lose(key, "stored", bytes);
    this.#cas += 1;
    const endsAtTick = this.#tick() + Math.ceil(ttlMs / 1_000);
    this.#slots.set(key, { bytes: Uint8Array.from(bytes), cas: this.#cas, endsAtTick });
    return this.#cas;
  }

  compareAndSet(key: string, bytes: Uint8Array, ttlMs: number, cas: number): number | undefined {
    return this.look(key)?.cas === cas ? this.set(key, bytes, ttlMs) : undefined;
  }

  delete(key: string, cas: number): boolean {
    if (this.look(key)?.cas !== cas) return false;
    this.#lose(key, "deleted");
    return true;
  }

  evict(key: string): void {
    this.#lose(key, "evicted");
  }

  restart(forMs: number): void {
    for (const key of [...this.#slots.keys()]) this.#lose(key, "restarted");
    this.#cas = 0;
    this.boot += 1;
    this.downUntilMs = this.#scheduler.nowMs + forMs;
    this.pausedUntilMs = 0;
  }

  #lose(key: string, by: Loss, next?: Uint8Array): void {
    const slot = this.look(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#witness.lost(key, slot.bytes, by, next);
  }

  #tick(): number {
    return Math.floor((this.#scheduler.nowMs + this.#phaseMs) / 1_000);
  }
}
