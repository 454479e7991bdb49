/** How a write or removal is conditioned: a version handed out before, counted from the newest; `null`: no row. */
export type VersionChoice = number | null | undefined;

/** Where a row ends: never, in an hour, a minute ago, or where the one does that it replaces. */
export type End = "never" | "later" | "ended" | "keep";

/** An operation on rows or the log. */
export type Statement =
  | { readonly kind: "read" | "lock"; readonly keys: readonly string[] }
  | { readonly kind: "write"; readonly key: string; readonly end: End; readonly expected: VersionChoice }
  | { readonly kind: "remove"; readonly key: string; readonly expected: VersionChoice }
  | { readonly kind: "touch"; readonly key: string; readonly end: "later" | "ended" }
  | { readonly kind: "sweep"; readonly limit: number }
  | { readonly kind: "append"; readonly count: number }
  | { readonly kind: "read log" }
  /** Removes the n-th of the log rows that were read last, and an id that is none. */
  | { readonly kind: "strike"; readonly nth: number }
  /** A run within the transaction, which rejects at its end or not; the outer work catches that. */
  | { readonly kind: "join"; readonly inner: Statement; readonly rejects: boolean };

/** One step: of one of two clients, each of which has a transaction open or none. */
export interface DatabaseStep {
  readonly client: 0 | 1;
  readonly action: Statement | { readonly kind: "begin" | "commit" | "rollback" };
}
