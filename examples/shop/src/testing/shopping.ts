import { expect } from "@jest/globals";
import type { Page } from "playwright-core";

/** What a person does in the shop, by what the pages show. */
export class Shopping {
  readonly #page: Page;
  #url: string;

  constructor(page: Page, url: string) {
    this.#page = page;
    this.#url = url;
  }

  /** The shop is somewhere else now: it was started again. */
  movedTo(url: string): void {
    // Cookies do not know ports: 127.0.0.1 is one place to the browser.
    this.#url = url;
  }

  async open(path: string): Promise<void> {
    await this.#page.goto(this.#url + path);
  }

  /** Addresses of the products on the present page. */
  async productPaths(): Promise<string[]> {
    const paths = await this.#page
      .locator("a.card")
      .evaluateAll((cards) => cards.map((card) => card.getAttribute("href")));
    return paths.filter((path) => path !== null);
  }

  /** Opens a product that is in stock, and puts it into the cart. */
  async addToCart(path: string, quantity = 1): Promise<void> {
    await this.open(path);
    await this.#page.getByLabel("Quantity").fill(String(quantity));
    await this.#page.getByRole("button", { name: "Add to cart" }).click();
    await this.#page.getByText("Added to your cart.").waitFor();
  }

  async logIn(email: string, password: string): Promise<void> {
    await this.open("/login");
    await this.#page.getByLabel("E-mail").fill(email);
    await this.#page.getByLabel("Password").fill(password);
    await this.#page.locator("main").getByRole("button", { name: "Log in" }).click();
    await this.#page.getByText("You are logged in").waitFor();
  }

  async logOut(): Promise<void> {
    await this.#page.getByRole("button", { name: "Log out" }).click();
    await this.#page.getByText("You are logged out").waitFor();
  }

  async register(name: string, email: string, password: string): Promise<void> {
    await this.open("/register");
    await this.#page.getByLabel("Name").fill(name);
    await this.#page.getByLabel("E-mail").fill(email);
    await this.#page.getByLabel("Password").fill(password);
    await this.#page.getByRole("button", { name: "Open account" }).click();
    await this.#page.getByText("You are logged in").waitFor();
  }

  /** Fills in the form of the present checkout page and sends it. @returns the order's number. */
  async placeOrder(): Promise<string> {
    await this.#page.getByLabel("Street and number").fill("12 Quay Street");
    await this.#page.getByLabel("Postcode").fill("H91 X2YZ");
    await this.#page.getByLabel("City").fill("Galway");
    await this.#page.getByRole("button", { name: "Place order" }).click();
    await this.#page.getByText("Thank you!").waitFor();
    return (await this.#page.locator("h1[data-order]").textContent()) ?? "";
  }

  /** How many things the header says are in the cart. */
  async cartCount(): Promise<number> {
    const count = this.#page.locator("[data-cart-count]");
    return (await count.count()) === 0 ? 0 : Number(await count.getAttribute("data-cart-count"));
  }

  async isLoggedIn(): Promise<boolean> {
    return this.#page.getByRole("button", { name: "Log out" }).isVisible();
  }

  /** The price that a product's own page shows. */
  async priceOn(path: string): Promise<string> {
    await this.open(path);
    return (await this.#page.locator("article.product .about > .price").textContent()) ?? "";
  }

  /** The price that the catalogue shows for a product of its first page. */
  async priceInCatalogue(path: string): Promise<string> {
    await this.open("/");
    return (await this.#page.locator(`a.card[href="${path}"] .price`).textContent()) ?? "";
  }

  /** As the shopkeeper: sets the price of a product of the desk's first page. */
  async setPrice(path: string, euros: string): Promise<void> {
    await this.open("/admin");
    const row = this.#page.locator("ul.prices li", { has: this.#page.locator(`a[href="${path}"]`) });
    await row.getByLabel("Price of").fill(euros);
    await row.getByRole("button", { name: "Save" }).click();
    await this.#page.getByText("The new price is in the shop.").waitFor();
  }

  /** What the footer tells: `products cache`, `stock database` and so on. */
  async provenance(): Promise<string[]> {
    return this.#page
      .locator("tr[data-store]")
      .evaluateAll((rows) =>
        rows.map((row) => `${row.getAttribute("data-store")} ${row.getAttribute("data-source")}`),
      );
  }

  async expectLoggedInWithCart(count: number): Promise<void> {
    await this.open("/cart");
    expect({ loggedIn: await this.isLoggedIn(), cart: await this.cartCount() }).toEqual({
      loggedIn: true,
      cart: count,
    });
  }
}
