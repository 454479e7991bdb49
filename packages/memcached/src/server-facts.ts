/** What a server told about itself in the greeting. */
export interface ServerFacts {
  /** `item_size_max`; `undefined` where the server does not tell. */
  readonly itemSizeMaxBytes: number | undefined;
}
