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
import { Cached } from "./cached.js";

class Users implements CachedSubject {
  readonly runs: string[] = [];
  readonly #store: TieredStore<User> | undefined;

  constructor(store: TieredStore<User> | undefined) {
    this.#store = store;
  }

  @Cached({
    store: (self: Users) => self.#store as TieredStore<User>,
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

  @Cached({ store: (self: Users) => self.#store as TieredStore<User>, name: "user.all" })
  async first(): Promise<User | undefined> {
    this.runs.push("first");
    return { id: 1, name: "user 1" };
  }

  @Cached({ store: (self: Users) => self.#store as TieredStore<User>, key: (id: number) => `row:${id}` })
  async row(id: number): Promise<User | undefined> {
    this.runs.push(`row ${id}`);
    return { id, name: `user ${id}` };
  }

  @Cached({
    store: (self: Users) => self.#store as TieredStore<User>,
    name: "user.refused",
    key: (id: number) => new NotAllowed(String(id)) as unknown as string,
  })
  async refused(id: number): Promise<User | undefined> {
    this.runs.push(`refused ${id}`);
    return undefined;
  }

  @Cached({
    store: (self: Users) => self.#store as TieredStore<User>,
    name: "user.context",
    key: (id: number) => id,
  })
  async context(id: number): Promise<User | undefined> {
    return { id, name: context.getStore() ?? "none" };
  }
}

class LoudUsers extends Users {
  // Private fields are the base class's own, so the subclass keeps the store itself.
  readonly store: TieredStore<User> | undefined;

  constructor(store: TieredStore<User> | undefined) {
    super(store);
    this.store = store;
  }

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

describe("@Cached as a standard decorator", () => {
  cachedScenarios({ Users, LoudUsers, Statics });

  class Vault {
    readonly runs: string[] = [];
    readonly #store: TieredStore<User>;

    constructor(store: TieredStore<User>) {
      this.#store = store;
    }

    @Cached({ store: (self: Vault) => self.#store, name: "vault.secret", key: (id: number) => id })
    async #secret(id: number): Promise<User> {
      this.runs.push(`secret ${id}`);
      return { id, name: "secret" };
    }

    reveal(id: number): Promise<User> {
      return this.#secret(id);
    }
  }

  it("works on private methods", async () => {
    await using store = newUserStore();
    const vault = new Vault(store);
    assert.deepEqual(await vault.reveal(1), { id: 1, name: "secret" });
    await vault.reveal(1);
    assert.deepEqual(vault.runs, ["secret 1"]);
  });
});
