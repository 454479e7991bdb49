import { type Html, html } from "../web/html.js";
import { formatCents } from "../web/money.js";
import { type Product, productPath } from "./product.js";

/** Address of a picture. The name says all about it, so it never changes. */
export function picturePath(picture: string): string {
  return `/pictures/${picture}.svg`;
}

/** A product in a grid. */
export function productCard(product: Product, left: number): Html {
  return html`<a class="card" href="${productPath(product)}" data-product="${product.id}">
<span class="frame"><img src="${picturePath(product.picture)}" alt="" width="400" height="400" loading="lazy">${left === 0 && html`<span class="badge">Sold out</span>`}</span>
<span class="title">${product.name}</span>
<span class="meta"><span class="detail">${product.detail}</span><span class="price">${formatCents(product.priceCents)}</span></span>
</a>`;
}
