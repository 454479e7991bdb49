import {
  type MariaDbServer,
  type MemcachedServer,
  serverBinary,
  startMariaDb,
  startMemcached,
} from "@aside/test-servers";
import { describeWithServers } from "@aside/test-servers/jest";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { openVisitor, type Visitor } from "./testing/browser.js";
import { ShopProcess } from "./testing/shop-process.js";
import { Shopping } from "./testing/shopping.js";
import { type TemporaryFolder, temporaryFolder } from "./testing/temporary-folder.js";

describeWithServers(
  ["chromium", "memcached", "mariadb"],
  "two shops on memcached and MariaDB, in a browser",
  () => {
    let folder: TemporaryFolder;
    let memcached: MemcachedServer;
    let mariadb: MariaDbServer;
    let first: ShopProcess;
    let second: ShopProcess;
    let visitor: Visitor;
    /** The same person, by cookies, in both shops: to a browser 127.0.0.1 is one place. */
    let atFirst: Shopping;
    let atSecond: Shopping;
    let mug = "";

    const startShop = (): Promise<ShopProcess> =>
      ShopProcess.start(folder.path, { ASIDE_CACHE_URL: memcached.url, ASIDE_DATABASE_URL: mariadb.url });

    beforeAll(async () => {
      folder = temporaryFolder();
      [memcached, mariadb] = await Promise.all([startMemcached(), startMariaDb()]);
      // Both at once, on an empty database: one of them fills it.
      [first, second] = await Promise.all([startShop(), startShop()]);
      visitor = await openVisitor(serverBinary("chromium"));
      atFirst = new Shopping(visitor.page, first.url);
      atSecond = new Shopping(visitor.page, second.url);
    }, 90_000);

    afterAll(async () => {
      await visitor?.close();
      await Promise.all([first?.stop(), second?.stop()]);
      await Promise.all([memcached?.stop(), mariadb?.stop()]);
      folder?.remove();
    }, 30_000);

    it("were filled once, though both began at the same time", async () => {
      await atSecond.open("/?page=13");
      expect(await atSecond.productPaths()).toHaveLength(304 - 12 * 24);
      await atFirst.open("/");
      mug = (await atFirst.productPaths())[0] as string;
    });

    it("share the cache: what one has read the other finds", async () => {
      await untilFromCache(atFirst, mug);
      await atSecond.open(mug);
      const found = await atSecond.provenance();
      expect(found).toEqual(expect.arrayContaining(["products cache", "listings cache", "stock cache"]));
      expect(found.filter((line) => line.endsWith("database"))).toEqual([]);
    });

    it("share sessions: log in and fill the cart here, check out there", async () => {
      await atFirst.addToCart(mug, 2);
      await atFirst.register("Ada", "ada@example.com", "difference engine");
      await atSecond.expectLoggedInWithCart(2);
      await atSecond.open("/checkout");
      expect(await atSecond.placeOrder()).toMatch(/^Order LL-1\d{4}$/);
      await atFirst.expectLoggedInWithCart(0);
    });

    it("remember session and cart over a restart", async () => {
      await atFirst.addToCart(mug, 3);
      expect((await first.stop()).code).toBe(0);
      first = await startShop();
      atFirst.movedTo(first.url);
      await atFirst.expectLoggedInWithCart(3);
      await atFirst.logOut();
    });

    it("show a new price at once, in both", async () => {
      await atFirst.logIn("admin@example.com", "admin-admin");
      for (const [typed, shown] of [
        ["31", "€31.00"],
        ["32.50", "€32.50"],
      ] as const) {
        await atFirst.setPrice(mug, typed);
        await expectPrice(shown);
      }
    });

    it("go on without error, wrong price or log-out when memcached is killed, and when it comes back", async () => {
      await atFirst.addToCart(mug);
      await expectPrice("€32.50");

      await memcached.kill("SIGKILL");
      await expectPrice("€32.50");
      await atFirst.setPrice(mug, "33");
      await expectPrice("€33.00");
      await atSecond.addToCart(mug);
      await atFirst.expectLoggedInWithCart(2);
      await atSecond.expectLoggedInWithCart(2);
      expect(await atFirst.provenance()).toContain("sessions database");

      await memcached.restart();
      await expectPriceToStay("€33.00");
      await atFirst.setPrice(mug, "34");
      await expectPrice("€34.00");
      await atSecond.expectLoggedInWithCart(2);
      expect(visitor.complaints).toEqual([]);
    }, 60_000);

    it("never show an old price again that memcached still holds after it stood still", async () => {
      await expectPrice("€34.00");
      await memcached.pause();
      await atFirst.setPrice(mug, "35");
      await expectPrice("€35.00");
      memcached.resume();
      await expectPriceToStay("€35.00");
      await atFirst.expectLoggedInWithCart(2);
      expect(visitor.complaints).toEqual([]);
    }, 60_000);

    it("use the cache again in the end", async () => {
      await untilFromCache(atFirst, "/");
      await untilFromCache(atSecond, "/");
    }, 60_000);

    it("wrote nothing into their error logs", () => {
      expect(first.errors + second.errors).toBe("");
    });

    it("serve from the cache while the database is away, say so where they cannot, and recover", async () => {
      await untilFromCache(atSecond, mug);
      await mariadb.kill();
      expect(await atSecond.priceOn(mug)).toBe("€35.00");
      const uncached = await fetch(`${second.url}/?q=teapot`);
      expect(uncached.status).toBe(503);
      expect(await uncached.text()).toContain("One moment");
      await mariadb.restart();
      await atFirst.setPrice(mug, "36");
      await expectPrice("€36.00");
      await atSecond.expectLoggedInWithCart(2);
      expect(first.errors + second.errors).not.toContain("teapot");
    }, 60_000);

    /** Values get into the cache behind the page that read them, so another page may be needed. */
    async function untilFromCache(shopping: Shopping, path: string): Promise<void> {
      const giveUpAt = performance.now() + 15_000;
      let fromDatabase: string[];
      do {
        await shopping.open(path);
        fromDatabase = (await shopping.provenance()).filter((line) => line.endsWith("database"));
      } while (fromDatabase.length > 0 && performance.now() < giveUpAt);
      expect(fromDatabase).toEqual([]);
    }

    /** In both shops, on the product's page and in the catalogue. */
    async function expectPrice(price: string): Promise<void> {
      for (const shopping of [atFirst, atSecond]) {
        expect(await shopping.priceOn(mug)).toBe(price);
        expect(await shopping.priceInCatalogue(mug)).toBe(price);
      }
    }

    /** For as long as it takes the shops to find memcached again, and a little longer. */
    async function expectPriceToStay(price: string): Promise<void> {
      const until = performance.now() + 5_000;
      while (performance.now() < until) await expectPrice(price);
    }
  },
);
