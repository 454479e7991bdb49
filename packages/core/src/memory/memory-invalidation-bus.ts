import type { InvalidationBus, Unsubscribe } from "../backend/invalidation-bus.js";

/** Tells the near caches of one process, such as those of several containers, and those of tests. Delivers before `publish` returns. */
export class MemoryInvalidationBus implements InvalidationBus {
  readonly #receivers = new Set<{ readonly receive: (message: string) => void }>();

  async publish(message: string): Promise<void> {
    for (const { receive } of [...this.#receivers]) receive(message);
  }

  subscribe(receive: (message: string) => void): Unsubscribe {
    const receiver = { receive };
    this.#receivers.add(receiver);
    return () => {
      this.#receivers.delete(receiver);
    };
  }
}
