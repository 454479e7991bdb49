import { promisify } from "node:util";
import { deflateRaw, inflateRawSync } from "node:zlib";

/** A text as DEFLATE (RFC 1951), with the length that it comes back to. */
export interface Deflated {
  readonly bytes: Uint8Array;
  /** Of the text as UTF-8. */
  readonly plainLength: number;
}

/** Compressed texts have to be smaller than this share of the plain one, or they are not worth their decompression. */
const worthwhile = 0.9;
/** Quick rather than small: a text is compressed at every fill. */
const level = 1;

const deflate = promisify<string, { readonly level: number }, Buffer>(deflateRaw);

/** Compresses a text, off the main thread; `undefined` where it is shorter than `aboveBytes` or gains too little. */
export async function deflated(text: string, aboveBytes: number): Promise<Deflated | undefined> {
  const plainLength = Buffer.byteLength(text);
  if (plainLength <= aboveBytes) return undefined;
  const bytes = await deflate(text, { level });
  return bytes.length < plainLength * worthwhile ? { bytes, plainLength } : undefined;
}

/** The text again, or `undefined` for what is damaged. Never makes more of it than `plainLength` says. */
export function inflated({ bytes, plainLength }: Deflated): string | undefined {
  try {
    const text = inflateRawSync(bytes, { maxOutputLength: plainLength });
    return text.length === plainLength ? text.toString("utf8") : undefined;
  } catch {
    return undefined;
  }
}
