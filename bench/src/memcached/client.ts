/** A client of memcached as the cases use it: one connection to one server. An adapter adds no work of its own. */
export interface Client extends AsyncDisposable {
  readonly name: string;
  get(key: string): Promise<Uint8Array | null | undefined>;
  /** Reads many keys in the best way that the client has. Resolves with a look into its own shape of answer. */
  getMany(keys: readonly string[]): Promise<(key: string) => Uint8Array | null | undefined>;
  /** Rejects unless it was stored. */
  set(key: string, value: Buffer): Promise<unknown>;
}

/** Long enough that no slow rival fails by its own deadline on a busy machine. */
export const patienceMs = 30_000;
