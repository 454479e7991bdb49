import assert from "node:assert/strict";
import type { TieredStore } from "@aside/core";
import { describe, it } from "@jest/globals";
import {
  type CachedSubject,
  cachedScenarios,
  context,
  NotAllowed,
  newUserStore,
  type User,
} from "../fixtures/decorator-scenarios.js";
import { Cached, cached } from "./cached.js";

class Users implements CachedSubject {
  readonly runs: string[] = [];
  // Not #store: swc puts legacy decorators outside of the class, where private names do not reach.
  readonly store: TieredStore<User> | undefined;

  constructor(store: TieredStore<User> | undefined) {
    this.store = store;
  }

  @Cached({
    store: (self: Users) => self.store as TieredStore<User>,
    name: "user.byId",
    key: (id: number) => id,
  })
  async byId(id: number): Promise<User | undefined> {
    this.runs.push(`byId ${id}`);
    if (id < 0) throw new NotAllowed("not allowed");
    return id > 100 ? undefined : { id, name: `user ${id}` };
  }

  async pair(first: number, second: number): Promise<readonly (User | undefined)[]> {
    return [await this.byId(first), await this.byId(second)];
  }

  @Cached({ store: (self: Users) => self.store as TieredStore<User>, name: "user.all" })
  async first(): Promise<User | undefined> {
    this.runs.push("first");
    return { id: 1, name: "user 1" };
  }

  @Cached({ store: (self: Users) => self.store as TieredStore<User>, key: (id: number) => `row:${id}` })
  async row(id: number): Promise<User | undefined> {
    this.runs.push(`row ${id}`);
    return { id, name: `user ${id}` };
  }

  @Cached({
    store: (self: Users) => self.store as TieredStore<User>,
    name: "user.refused",
    key: (id: number) => new NotAllowed(String(id)) as unknown as string,
  })
  async refused(id: number): Promise<User | undefined> {
    this.runs.push(`refused ${id}`);
    return undefined;
  }

  @Cached({
    store: (self: Users) => self.store as TieredStore<User>,
    name: "user.context",
    key: (id: number) => id,
  })
  async context(id: number): Promise<User | undefined> {
    return { id, name: context.getStore() ?? "none" };
  }
}

class LoudUsers extends Users {
  @Cached({
    store: (self: LoudUsers) => self.store as TieredStore<User>,
    name: "user.byId",
    key: (id: number) => id,
  })
  override async byId(id: number): Promise<User | undefined> {
    this.runs.push(`loud byId ${id}`);
    const user = await super.byId(id);
    return user && { ...user, name: `${user.name}!` };
  }
}

// biome-ignore lint/complexity/noStaticOnlyClass: what a decorator does on a static method is the question.
class Statics {
  static readonly runs: string[] = [];
  static store: TieredStore<User> | undefined;

  @Cached({ store: (self: typeof Statics) => self.store as TieredStore<User>, name: "user.newest" })
  static async newest(): Promise<User | undefined> {
    Statics.runs.push("newest");
    return { id: 9, name: "user 9" };
  }
}

describe("@Cached as a legacy decorator", () => {
  cachedScenarios({ Users, LoudUsers, Statics });
});

describe("cached()", () => {
  it("does the same for a plain function, with its this and its arguments", async () => {
    await using store = newUserStore();
    const runs: unknown[] = [];
    const find = cached(
      async function find(this: unknown, id: number, loud = false): Promise<User> {
        runs.push(this, id, loud);
        return { id, name: loud ? "USER" : "user" };
      },
      { store, name: "user.find", key: (id, loud) => [id, loud ?? false] },
    );
    assert.deepEqual(await find(1), { id: 1, name: "user" });
    assert.deepEqual(await find(1, false), { id: 1, name: "user" });
    assert.deepEqual(await find(1, true), { id: 1, name: "USER" });
    assert.deepEqual(runs, [undefined, 1, false, undefined, 1, true]);
    assert.equal(find.name, "find");
  });
});

describe("options that cannot be meant", () => {
  const store = (): TieredStore<User> => newUserStore();
  const method = async (id: number): Promise<User> => ({ id, name: "" });
  const decorate = (options: object) => () =>
    (Cached(options as never) as unknown as (...args: unknown[]) => unknown)(
      {},
      "byId",
      Object.getOwnPropertyDescriptor({ byId: method }, "byId"),
    );

  it.each([
    ["no store", { name: "user.byId", key: (id: number) => id }, /"store" is a function/],
    [
      "a store in place of a way to find it",
      { store: {}, name: "n", key: (id: number) => id },
      /"store" is a function/,
    ],
    ["neither a name nor a key", { store }, /"byId" needs a "name"/],
    ["an empty name", { store, name: "", key: (id: number) => id }, /A key name/],
    ["no key for a method with arguments", { store, name: "user.byId" }, /needs a "key" function/],
    ["a key that is no function", { store, name: "user.byId", key: "id" }, /"key" is a function/],
  ])("are refused when the class is defined: %s", (_, options, message) => {
    assert.throws(decorate(options), (error) => error instanceof TypeError && message.test(error.message));
  });

  it("are refused on what is no method", () => {
    const onField = Cached({ store, name: "n" }) as unknown as (...args: unknown[]) => unknown;
    assert.throws(() => onField({}, "field", undefined), /@Cached decorates methods/);
    assert.throws(() => onField(undefined, { kind: "field", name: "field" }), /"field" is a field/);
  });
});
