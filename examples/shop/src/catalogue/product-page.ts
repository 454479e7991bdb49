import { MAX_QUANTITY } from "../cart/cart.js";
import { Html, html } from "../web/html.js";
import { csrfField, type Page } from "../web/layout.js";
import { formatCents } from "../web/money.js";
import type { Visit } from "../web/visit.js";
import type { Offer } from "./catalogue-service.js";
import { categoryOf } from "./category.js";
import { picturePath, productCard } from "./product-card.js";

/** One product. */
export function productPage(visit: Visit, { product, left }: Offer, related: readonly Offer[]): Page {
  const category = categoryOf(product.category);
  return {
    title: product.name,
    category: product.category,
    body: html`<article class="product" data-product="${product.id}">
<div class="frame"><img src="${picturePath(product.picture)}" alt="${product.name}" width="400" height="400"></div>
<div class="about">
<p class="crumbs"><a href="/?category=${product.category}">${category?.title}</a></p>
<h1>${product.name}</h1>
<p class="price" data-price="${product.priceCents}">${formatCents(product.priceCents)}</p>
<p class="detail">${product.detail}</p>
<p class="description">${product.description}</p>
${stockLine(left)}
<form class="add" method="post" action="/cart/add">${csrfField(visit)}<input type="hidden" name="product" value="${product.id}">
<label class="quantity">Quantity <input type="number" name="quantity" value="1" min="1" max="${MAX_QUANTITY}" required></label>
<button class="button"${left === 0 && Html.trusted(" disabled")}>${left === 0 ? "Sold out" : "Add to cart"}</button></form>
<ul class="promises"><li>Free delivery from ${formatCents(visit.settings.freeShippingFromCents)}</li><li>Thirty days to change your mind</li></ul>
</div>
</article>
${related.length > 0 && html`<section class="related"><h2>More ${category?.title.toLowerCase()}</h2><div class="grid">${related.map((offer) => productCard(offer.product, offer.left))}</div></section>`}`,
  };
}

function stockLine(left: number): Html {
  if (left === 0) return html`<p class="stock none">Sold out for now</p>`;
  if (left <= 5) return html`<p class="stock few">Only ${left} left</p>`;
  return html`<p class="stock">In stock, leaves us tomorrow</p>`;
}
