import assert from "node:assert/strict";
import { isAsideError, MemoryCache, MemoryPersistence, MemoryTransactions, TieredStore } from "@aside/core";
import { ManualClock } from "@aside/core/testing";
import { Cached } from "@aside/decorators";
import { describe, it } from "@jest/globals";
import { Container, inject, injectable } from "inversify";
import { asideModule, closeAside, openAside } from "./aside-module.js";
import type { AsideModuleOptions } from "./aside-options.js";
import { owned } from "./provided.js";
import { cacheToken, databaseToken, storeToken, transactionsToken } from "./tokens.js";

interface User {
  readonly id: number;
  readonly name: string;
}

@injectable()
class UserRepository {
  readonly runs: number[] = [];
  readonly users: TieredStore<User>;

  constructor(@inject(storeToken<User>("users")) users: TieredStore<User>) {
    this.users = users;
  }

  @Cached({ store: (self: UserRepository) => self.users, name: "user.byId", key: (id: number) => id })
  async byId(id: number): Promise<User> {
    this.runs.push(id);
    return { id, name: "Ada" };
  }
}

@injectable()
class Service {
  readonly users: UserRepository;
  readonly store: TieredStore<User>;

  constructor(@inject(UserRepository) users: UserRepository, @inject(TieredStore) store: TieredStore<User>) {
    this.users = users;
    this.store = store;
  }
}

/** A database as an adapter would have it: connects, makes collections, is closed. */
class TestDatabase {
  readonly transactions: MemoryTransactions = new MemoryTransactions();
  readonly log: string[];

  constructor(log: string[] = []) {
    this.log = log;
  }

  collection<V>(): MemoryPersistence<V> {
    return new MemoryPersistence<V>({ transactions: this.transactions });
  }

  async close(): Promise<void> {
    this.log.push("database closed");
  }
}

class LoggedCache extends MemoryCache {
  readonly log: string[];

  constructor(log: string[]) {
    super();
    this.log = log;
  }

  override async close(): Promise<void> {
    this.log.push("cache closed");
    await super.close();
  }
}

function memoryOptions(): AsideModuleOptions<TestDatabase> {
  return {
    cache: () => new MemoryCache(),
    database: () => new TestDatabase(),
    stores: { users: { persistence: (database) => database.collection<User>(), ttlMs: 60_000 }, prices: {} },
    default: "users",
  };
}

function newContainer(options: AsideModuleOptions<TestDatabase> = memoryOptions()): Container {
  const container = new Container();
  container.load(asideModule(options));
  container.bind(UserRepository).toSelf().inSingletonScope();
  container.bind(Service).toSelf();
  return container;
}

describe("asideModule", () => {
  it("injects named stores by token and the default one by class, one of each for the container", () => {
    const container = newContainer();
    const { users, store } = container.get(Service);
    assert.ok(store instanceof TieredStore);
    assert.equal(store.name, "users");
    assert.equal(users.users, store);
    assert.equal(container.get(storeToken("users")), store);
    assert.equal(container.get(storeToken("prices")).name, "prices");
    assert.ok(container.get(cacheToken) instanceof MemoryCache);
    assert.ok(container.get(databaseToken<TestDatabase>()) instanceof TestDatabase);
    assert.equal(container.isBound(transactionsToken), false);
  });

  it("gives decorated repositories their store through the constructor", async () => {
    const container = newContainer();
    const repository = container.get(UserRepository);
    assert.deepEqual(await repository.byId(1), { id: 1, name: "Ada" });
    await repository.byId(1);
    assert.deepEqual(repository.runs, [1]);
    await closeAside(container);
  });

  it("shares nothing between two containers that loaded the same module", async () => {
    const module = asideModule(memoryOptions());
    const [one, two] = [new Container(), new Container()];
    for (const container of [one, two]) container.load(module);
    const [ours, theirs] = [one.get(storeToken<User>("users")), two.get(storeToken<User>("users"))];
    assert.notEqual(ours, theirs);
    await ours.set("1", { id: 1, name: "Ada" });
    assert.equal(await theirs.get("1"), undefined);
    await closeAside(one);
    assert.equal(await theirs.get("1"), undefined);
    await assert.rejects(ours.get("1"), (error) => isAsideError(error, "CLOSED"));
    await closeAside(two);
  });

  it("gives a child container the stores of its parent, whatever the child binds, and the child closes nothing", async () => {
    const parent = newContainer();
    const child = new Container({ parent });
    const childCache = new MemoryCache();
    child.bind(cacheToken).toConstantValue(childCache);
    const store = child.get(storeToken<User>("users"));
    assert.equal(store, parent.get(storeToken("users")));
    await closeAside(child);
    await store.set("1", { id: 1, name: "Ada" });
    await store.get("1");
    const bytes = await childCache.getMany(["users:1", "1"]);
    assert.equal(bytes.size, 0);
    assert.deepEqual(await store.get("1"), { id: 1, name: "Ada" });
    await closeAside(parent);
  });

  it("lets a test rebind a store, also after it was used", async () => {
    const container = newContainer();
    await container.get(storeToken<User>("users")).set("1", { id: 1, name: "Ada" });
    await using other = new TieredStore<User>({
      name: "test",
      cache: new MemoryCache(),
      persistence: new MemoryPersistence(),
    });
    container.rebind(storeToken<User>("users")).toConstantValue(other);
    const { users, store } = container.get(Service);
    assert.equal(users.users, other);
    assert.equal(store, other);
    await closeAside(container);
  });

  it("makes nothing before it is needed", () => {
    let made = 0;
    const container = newContainer({
      ...memoryOptions(),
      database: () => {
        made += 1;
        return new TestDatabase();
      },
    });
    container.get(storeToken("prices"));
    assert.equal(made, 0);
    container.get(storeToken("users"));
    assert.equal(made, 1);
  });

  it("hands its clock and its transactions to the stores", async () => {
    const clock = new ManualClock();
    const transactions = new MemoryTransactions({ clock });
    const container = new Container();
    container.load(
      asideModule({
        cache: new MemoryCache({ clock }),
        transactions,
        clock,
        stores: { users: { ttlMs: 1_000 } },
      }),
    );
    const store = container.get(storeToken<User>("users"));
    let loads = 0;
    const load = () => store.load("1", async () => ({ id: ++loads, name: "" }));
    await load();
    await load();
    assert.equal(loads, 1);
    await clock.advance(1_000);
    await load();
    assert.equal(loads, 2);
    await store.transaction(load);
    assert.equal(loads, 3);
    await closeAside(container);
  });
});

describe("asynchronous set-up", () => {
  const slowDatabase = (made: TestDatabase[]) => async (): Promise<TestDatabase> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const database = new TestDatabase();
    made.push(database);
    return database;
  };

  it("is awaited once by openAside; then stores are injected synchronously", async () => {
    const made: TestDatabase[] = [];
    const container = newContainer({
      ...memoryOptions(),
      cache: Promise.resolve(new MemoryCache()),
      database: slowDatabase(made),
    });
    assert.throws(() => container.get(storeToken("users")), /asynchronous/);
    const early = container.getAsync(storeToken("users"));
    await openAside(container);
    await openAside(container);
    assert.equal(await early, container.get(storeToken("users")));
    assert.equal(container.get(Service).store, container.get(storeToken("users")));
    assert.equal(made.length, 1);
    await closeAside(container);
  });

  it("is tried again by the next caller after a failure", async () => {
    let attempts = 0;
    const container = newContainer({
      ...memoryOptions(),
      database: async () => {
        attempts += 1;
        if (attempts === 1) throw new Error("not yet");
        return new TestDatabase();
      },
    });
    await assert.rejects(container.getAsync(storeToken("users")), /not yet/);
    assert.ok(await container.getAsync(storeToken("users")));
    assert.equal(attempts, 2);
    await closeAside(container);
  });

  it("closes what it had opened when openAside fails", async () => {
    const log: string[] = [];
    const container = newContainer({
      ...memoryOptions(),
      cache: () => new LoggedCache(log),
      database: () => Promise.reject(new Error("no database")),
    });
    await assert.rejects(openAside(container), /no database/);
    assert.deepEqual(log, ["cache closed"]);
  });

  it("does not report a promise that fails before it is needed", async () => {
    const container = newContainer({ ...memoryOptions(), cache: Promise.reject(new Error("no cache")) });
    await new Promise((resolve) => setImmediate(resolve));
    await assert.rejects(openAside(container), /no cache/);
  });
});

describe("closing", () => {
  it.each([
    ["closeAside", (container: Container) => closeAside(container)],
    ["unbindAllAsync", (container: Container) => container.unbindAllAsync()],
  ])(
    "by %s closes the stores first, waiting for their running fills, then what the module made, last first",
    async (_, close) => {
      const log: string[] = [];
      const clock = new ManualClock();
      class SlowCache extends LoggedCache {
        override async compareAndSet(...args: Parameters<MemoryCache["compareAndSet"]>) {
          log.push("fill begins");
          await new Promise((resolve) => setTimeout(resolve, 20));
          const token = await super.compareAndSet(...args);
          log.push("fill ends");
          return token;
        }
      }
      const container = newContainer({
        ...memoryOptions(),
        clock,
        cache: () => new SlowCache(log),
        database: () => new TestDatabase(log),
      });
      const repository = container.get(UserRepository);
      await repository.byId(1);
      await close(container);
      assert.deepEqual(log, ["fill begins", "fill ends", "database closed", "cache closed"]);
      await assert.rejects(repository.users.get("1"), (error) => isAsideError(error, "CLOSED"));
    },
  );

  it("leaves open what the module was given and what is derived from the database", async () => {
    const log: string[] = [];
    const [cache, database] = [new LoggedCache(log), new TestDatabase(log)];
    const container = newContainer({
      ...memoryOptions(),
      cache,
      database,
      transactions: (given) => given.transactions,
    });
    container.get(Service);
    container.get(transactionsToken);
    await closeAside(container);
    assert.deepEqual(log, []);
  });

  it("is idempotent, and refuses to open anything afterwards", async () => {
    const log: string[] = [];
    const container = newContainer({ ...memoryOptions(), cache: () => new LoggedCache(log) });
    container.get(cacheToken);
    await Promise.all([closeAside(container), closeAside(container)]);
    await closeAside(container);
    assert.deepEqual(log, ["cache closed"]);
    assert.throws(
      () => container.get(databaseToken()),
      (error) => isAsideError(error, "CLOSED"),
    );
  });

  it("waits for what is being opened, and closes that too", async () => {
    const log: string[] = [];
    let opened: (database: TestDatabase) => void = () => {};
    const container = newContainer({
      ...memoryOptions(),
      database: () =>
        new Promise((resolve) => {
          opened = resolve;
        }),
    });
    const opening = openAside(container).catch((error: unknown) => error);
    const closing = closeAside(container);
    opened(new TestDatabase(log));
    await closing;
    await opening;
    assert.deepEqual(log, ["database closed"]);
  });

  it("closes everything when something fails, and reports it", async () => {
    const log: string[] = [];
    const container = newContainer({
      ...memoryOptions(),
      cache: () => new LoggedCache(log),
      database: owned(
        () => new TestDatabase(log),
        () => Promise.reject(new Error("stuck")),
      ),
    });
    container.get(Service);
    await assert.rejects(
      closeAside(container),
      (error) => error instanceof AggregateError && /stuck/.test(String(error.errors[0])),
    );
    assert.deepEqual(log, ["cache closed"]);
  });
});

describe("options that cannot be meant", () => {
  it.each([
    ["no cache", { cache: undefined, stores: {} }],
    ["no stores", { cache: new MemoryCache() }],
    [
      "a default that is none of the stores",
      { cache: new MemoryCache(), stores: { users: {} }, default: "user" },
    ],
  ])("are refused when the module is made: %s", (_, options) => {
    assert.throws(() => asideModule(options as unknown as AsideModuleOptions), TypeError);
  });

  it("are refused by owned()", () => {
    assert.throws(() => owned(1 as never, 2 as never), TypeError);
  });
});
