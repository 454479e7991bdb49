import assert from "node:assert/strict";
import type { TestRunner } from "../test-runner.js";
import { assertSameBytes, bytesOf, expectBytes, lookUp, won } from "./bytes.js";
import { type CacheBackendHarness, longTtlMs } from "./cache-harness.js";

/** Bytes come back as they went in, belong to nobody else, and go up to the limits. */
export function cacheByteClauses({ describe, it }: TestRunner, harness: CacheBackendHarness): void {
  describe("bytes", () => {
    it("an entry may be empty, and is no miss then", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const token = won(await cache.add(key, new Uint8Array(0), longTtlMs));
      await expectBytes(cache, key, new Uint8Array(0));
      assert.equal(await cache.add(key, bytesOf("second"), longTtlMs), undefined);
      assert.ok(await cache.compareAndSet(key, bytesOf("third"), longTtlMs, token));
    });

    it("every byte value is kept", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const bytes = Uint8Array.from({ length: 512 }, (_, index) => index % 256);
      await cache.set(key, bytes, longTtlMs);
      await expectBytes(cache, key, bytes);
      for (let value = 0; value < 256; value += 1) {
        await cache.set(key, Uint8Array.of(value), longTtlMs);
        await expectBytes(cache, key, Uint8Array.of(value));
      }
    });

    it("bytes that look like the end of a line or of a protocol message are kept", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.set(key, bytesOf("1\r\nEND\r\nVA x 0 1\r\nEN\r\n\0"), longTtlMs);
      await expectBytes(cache, key, bytesOf("1\r\nEND\r\nVA x 0 1\r\nEN\r\n\0"));
    });

    it("a view into a larger buffer stores its own part only", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.set(key, bytesOf("abcdef").subarray(2, 4), longTtlMs);
      await expectBytes(cache, key, bytesOf("cd"));
    });

    it("an entry of exactly maxValueBytes is stored by add, set and compareAndSet", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const bytes = new Uint8Array(cache.limits.maxValueBytes).fill(0xa5);
      bytes[0] = 1;
      bytes[bytes.length - 1] = 2;
      await cache.set(key, bytes, longTtlMs);
      await expectBytes(cache, key, bytes);
      const token = won((await lookUp(cache, key))?.token);
      bytes[1] = 3;
      const next = won(await cache.compareAndSet(key, bytes, longTtlMs, token));
      await expectBytes(cache, key, bytes);
      await cache.delete(key, next);
      assert.ok(await cache.add(key, bytes, longTtlMs));
      await expectBytes(cache, key, bytes);
    });

    it("a key of exactly maxKeyBytes, of any printable ASCII, works everywhere", async () => {
      await using cache = await harness.open();
      const printable = String.fromCharCode(...Array.from({ length: 94 }, (_, index) => index + 0x21));
      const key = `${harness.freshKey()}${printable.repeat(cache.limits.maxKeyBytes)}`.slice(
        0,
        Math.min(cache.limits.maxKeyBytes, 4_096),
      );
      const sibling = `${key.slice(0, -1)}${key.endsWith("!") ? "~" : "!"}`;
      const token = won(await cache.add(key, bytesOf("1"), longTtlMs));
      await expectBytes(cache, key, bytesOf("1"));
      won(await cache.add(sibling, bytesOf("of its sibling"), longTtlMs));
      won(await cache.compareAndSet(key, bytesOf("2"), longTtlMs, token));
      const last = await cache.set(key, bytesOf("3"), longTtlMs);
      const found = await cache.getMany([key, sibling, harness.freshKey()]);
      assertSameBytes(found.get(key)?.bytes, bytesOf("3"));
      assertSameBytes(found.get(sibling)?.bytes, bytesOf("of its sibling"));
      assert.equal(await cache.delete(key, last), true);
      await expectBytes(cache, key, undefined);
    });

    it("every byte that a key may have tells keys apart, wherever it stands", async () => {
      await using cache = await harness.open();
      const base = harness.freshKey();
      const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(index + 0x21));
      const keys = printable.flatMap((byte) => [`${base}-${byte}`, `${byte}-${base}`, `${base}${byte}-/`]);
      await Promise.all(keys.map((key) => cache.set(key, bytesOf(`of ${key}`), longTtlMs)));
      const found = await cache.getMany(keys);
      assert.equal(found.size, keys.length);
      for (const key of keys) assertSameBytes(found.get(key)?.bytes, bytesOf(`of ${key}`));
      for (const key of keys) assert.equal(await cache.delete(key, won(found.get(key)?.token)), true);
      assert.equal((await cache.getMany(keys)).size, 0);
    });

    it("several entries of maxValueBytes come back in one read", async () => {
      await using cache = await harness.open();
      const keys = [harness.freshKey(), harness.freshKey(), harness.freshKey()];
      const fill = (index: number) => new Uint8Array(cache.limits.maxValueBytes).fill(index + 1);
      for (const [index, key] of keys.entries()) await cache.set(key, fill(index), longTtlMs);
      const found = await cache.getMany(keys);
      for (const [index, key] of keys.entries()) assertSameBytes(found.get(key)?.bytes, fill(index));
    });

    it("keys differ by case and by their last byte", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const keys = [`${key}-a`, `${key}-A`, `${key}-a.`, `${key}-`];
      for (const each of keys) await cache.set(each, bytesOf(each), longTtlMs);
      for (const each of keys) await expectBytes(cache, each, bytesOf(each));
    });

    it("changing the caller's buffer after a store does not change the entry", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      const buffer = bytesOf("aaaa");
      const token = won(await cache.add(key, buffer, longTtlMs));
      buffer.fill(0x62);
      await expectBytes(cache, key, bytesOf("aaaa"));
      const next = bytesOf("cccc");
      await cache.compareAndSet(key, next, longTtlMs, token);
      next.fill(0x62);
      await expectBytes(cache, key, bytesOf("cccc"));
      const last = bytesOf("dddd");
      await cache.set(key, last, longTtlMs);
      last.fill(0x62);
      await expectBytes(cache, key, bytesOf("dddd"));
    });

    it("changing what a read returned does not change the entry", async () => {
      await using cache = await harness.open();
      const key = harness.freshKey();
      await cache.set(key, bytesOf("aaaa"), longTtlMs);
      const entry = await lookUp(cache, key);
      entry?.bytes.fill(0x62);
      await expectBytes(cache, key, bytesOf("aaaa"));
    });
  });
}
