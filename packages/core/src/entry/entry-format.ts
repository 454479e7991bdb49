import { deflated } from "./compression.js";
import { decodeEnvelope, type Envelope, encodeEnvelope } from "./envelope.js";
import type { FinalKey } from "./key-space.js";

export interface EntryFormatOptions {
  readonly schemaVersion: number;
  /** Texts of more bytes are compressed. */
  readonly compressAboveBytes: number;
}

/** How one store writes and reads its entries. */
export class EntryFormat {
  readonly #options: EntryFormatOptions;

  constructor(options: EntryFormatOptions) {
    this.#options = options;
  }

  /**
   * At once, but for a long text, which is compressed first.
   * @param seeds - of the generations that the entry belongs to.
   */
  encode(key: FinalKey, seeds: Uint8Array, envelope: Envelope): Uint8Array | Promise<Uint8Array> {
    const { schemaVersion, compressAboveBytes } = this.#options;
    const identity = { key, schemaVersion, seeds };
    const { text } = envelope;
    // A text has at least as many bytes as characters, and at most three times as many.
    if (text === undefined || text.length * 3 <= compressAboveBytes)
      return encodeEnvelope(identity, envelope);
    return deflated(text, compressAboveBytes).then((compressed) =>
      encodeEnvelope(identity, envelope, compressed),
    );
  }

  /** `undefined` for an entry that is odd, and counts as a miss. */
  decode(key: FinalKey, seeds: Uint8Array, bytes: Uint8Array): Envelope | undefined {
    return decodeEnvelope({ key, schemaVersion: this.#options.schemaVersion, seeds }, bytes);
  }
}
