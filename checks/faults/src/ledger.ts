import type { Milliseconds } from "@aside/core";

/** A text that was sent to be stored under a key. */
export interface Version {
  readonly key: string;
  readonly text: string;
  readonly issuedAtMs: Milliseconds;
  /** From when on no read may find it. Infinite: it may stand there now, or (outcome unknown) come late. */
  goneAtMs: Milliseconds;
  isConfirmed: boolean;
}

/**
 * What may stand under each key, by what its one writer was told. Nothing may always stand there: a cache loses what it likes. Every text
 * names its key and its number, so that a value of another key, of before, or with a part of another one is told from the right one.
 */
export class Ledger {
  /** What was wrong with reads. */
  readonly wrong: string[] = [];
  readonly #versions = new Map<string, Version[]>();
  #count = 0;
  #checked = 0;

  /** How many values were compared. */
  get checked(): number {
    return this.#checked;
  }

  /** A text to store next under `key`. From now on it may stand there. @param length - of what follows the name. */
  issue(key: string, length = 20): Version {
    this.#count += 1;
    const filling = `${this.#count},`.repeat(Math.ceil(length / String(this.#count).length));
    return this.#add(key, `${key}#${this.#count}:${filling}`);
  }

  /** An empty text is about to be stored. */
  issueLease(key: string): Version {
    return this.#add(key, "");
  }

  /** The store was confirmed: what was confirmed before is overwritten. */
  confirmed(version: Version): void {
    this.removed(version.key);
    version.isConfirmed = true;
  }

  /** The store was refused: it never stood there. */
  refused(version: Version): void {
    version.goneAtMs = version.issuedAtMs;
  }

  /** What was confirmed under `key` is gone. Stores of unknown outcome may still come. */
  removed(key: string): void {
    const now = performance.now();
    for (const version of this.#versions.get(key) ?? []) {
      if (version.isConfirmed) version.goneAtMs = Math.min(version.goneAtMs, now);
    }
  }

  /** Judges what a read that began at `beginMs` has found. */
  check(key: string, bytes: Uint8Array | undefined, beginMs: Milliseconds): void {
    if (bytes === undefined) return;
    this.#checked += 1;
    const text = Buffer.from(bytes).toString("latin1");
    const fits = (this.#versions.get(key) ?? []).some(
      (version) =>
        version.text === text && version.goneAtMs >= beginMs && version.goneAtMs > version.issuedAtMs,
    );
    if (!fits) this.wrong.push(`${key} held ${JSON.stringify(text.slice(0, 60))} (${text.length} bytes)`);
  }

  #add(key: string, text: string): Version {
    const version: Version = {
      key,
      text,
      issuedAtMs: performance.now(),
      goneAtMs: Number.POSITIVE_INFINITY,
      isConfirmed: false,
    };
    const versions = this.#versions.get(key);
    if (versions === undefined) this.#versions.set(key, [version]);
    else versions.push(version);
    return version;
  }
}
