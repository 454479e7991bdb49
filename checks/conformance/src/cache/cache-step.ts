/** Which token a step uses: the n-th of those that both worlds have handed out so far, counted from the newest. */
export type TokenChoice = number;

/** One step of a sequence of cache operations. */
export type CacheStep =
  | { readonly kind: "getMany"; readonly client: number; readonly keys: readonly string[] }
  | {
      readonly kind: "add" | "set";
      readonly client: number;
      readonly key: string;
      readonly text: string;
      readonly ttlMs: number;
    }
  | {
      readonly kind: "compareAndSet";
      readonly client: number;
      readonly key: string;
      readonly text: string;
      readonly ttlMs: number;
      readonly token: TokenChoice;
    }
  | { readonly kind: "delete"; readonly client: number; readonly key: string; readonly token: TokenChoice }
  /** Long enough for every short ttl to end, on any clock. */
  | { readonly kind: "wait" }
  | { readonly kind: "flush" }
  | { readonly kind: "restart" };

/** Longest of the short ttls. */
export const shortTtlMs = 1_500;

/** How long a wait is: the longest short ttl, rounded up, and a step of the clock. */
export const waitMs = 3_100;
