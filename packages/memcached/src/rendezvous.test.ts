import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { Rendezvous } from "./rendezvous.js";

const names = ["10.0.0.1:11211", "10.0.0.2:11211", "10.0.0.3:11211", "10.0.0.4:11211", "10.0.0.5:11211"];
const keys = Array.from({ length: 20_000 }, (_, index) => `products:v1:${index}`);

describe("Rendezvous", () => {
  it("is the same for every order of the list", () => {
    const one = new Rendezvous(names);
    const other = new Rendezvous([...names].reverse());
    for (const key of keys) assert.equal(other.nodeOf(key), one.nodeOf(key));
  });

  it("gives every node its share", () => {
    const rendezvous = new Rendezvous(names);
    const counts = new Map<string, number>(names.map((name) => [name, 0]));
    for (const key of keys) counts.set(rendezvous.nodeOf(key), (counts.get(rendezvous.nodeOf(key)) ?? 0) + 1);
    const share = keys.length / names.length;
    for (const [name, count] of counts) {
      assert.ok(Math.abs(count - share) < share * 0.08, `${name} has ${count} of ${share} keys`);
    }
  });

  it("moves only the keys of a node that is taken away, and spreads them", () => {
    const before = new Rendezvous(names);
    const after = new Rendezvous(names.slice(0, 4));
    const heirs = new Map<string, number>();
    for (const key of keys) {
      const old = before.nodeOf(key);
      const now = after.nodeOf(key);
      if (old !== names[4]) assert.equal(now, old);
      else heirs.set(now, (heirs.get(now) ?? 0) + 1);
    }
    const share = keys.length / names.length / 4;
    assert.equal(heirs.size, 4);
    for (const [name, count] of heirs)
      assert.ok(Math.abs(count - share) < share * 0.2, `${name} inherits ${count}`);
  });

  it("never changes: processes with different versions of this package must agree", () => {
    const rendezvous = new Rendezvous(names);
    const seen = Array.from({ length: 24 }, (_, index) =>
      names.indexOf(rendezvous.nodeOf(`golden:${index}`)),
    );
    assert.equal(seen.join(""), "243400000212322131444010");
  });
});
