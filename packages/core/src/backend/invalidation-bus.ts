/** Ends a subscription. Idempotent. */
export type Unsubscribe = () => void;

/**
 * Tells the near caches of all processes what was invalidated. A plain transport of texts: it may lose messages and be silent; core numbers its
 * messages, sends a sign of life at intervals, and drops the near caches when something is missing.
 *
 * - Each message goes to all subscribers in all processes, the sender's own included, as it was sent.
 * - Messages of one sender arrive in the order in which they were sent, or not at all.
 * - The texts hold cache keys: they belong on a network of one's own.
 */
export interface InvalidationBus {
  /** Resolves when the message is on its way. A rejection means that it may be lost. */
  publish(message: string): Promise<void>;

  /** Calls `receive` for each message from now on. It does not throw. */
  subscribe(receive: (message: string) => void): Unsubscribe;
}
