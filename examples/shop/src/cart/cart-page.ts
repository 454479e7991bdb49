import { productPath } from "../catalogue/product.js";
import { picturePath } from "../catalogue/product-card.js";
import { type Html, html } from "../web/html.js";
import { csrfField, type Page } from "../web/layout.js";
import { formatCents } from "../web/money.js";
import type { Visit } from "../web/visit.js";
import { MAX_QUANTITY } from "./cart.js";
import type { PricedCart, PricedLine } from "./cart-service.js";

/** The cart. */
export function cartPage(visit: Visit, cart: PricedCart): Page {
  if (cart.lines.length === 0) {
    return {
      title: "Your cart",
      body: html`<section class="plain"><h1>Your cart is empty</h1><p>There is room for something lovely.</p><p><a class="button" href="/">Look around</a></p></section>`,
    };
  }
  return {
    title: "Your cart",
    body: html`<h1>Your cart</h1>
<div class="split">
<ul class="lines">${cart.lines.map((line) => cartLine(visit, line))}</ul>
<aside class="summary"><h2>Summary</h2>
${totals(cart)}
<p><a class="button wide" href="/checkout">Check out</a></p>
<p class="hint">${freeShippingHint(visit, cart)}</p></aside>
</div>`,
  };
}

/** Goods, shipping and total. */
export function totals(cart: Pick<PricedCart, "goodsCents" | "shippingCents" | "totalCents">): Html {
  return html`<dl class="totals"><div><dt>Goods</dt><dd>${formatCents(cart.goodsCents)}</dd></div>
<div><dt>Delivery</dt><dd>${cart.shippingCents === 0 ? "Free" : formatCents(cart.shippingCents)}</dd></div>
<div class="total"><dt>Total</dt><dd data-total="${cart.totalCents}">${formatCents(cart.totalCents)}</dd></div></dl>`;
}

function cartLine(visit: Visit, { product, quantity, totalCents, left }: PricedLine): Html {
  return html`<li class="line" data-product="${product.id}">
<a class="thumb" href="${productPath(product)}"><img src="${picturePath(product.picture)}" alt="" width="96" height="96"></a>
<div class="what"><a class="name" href="${productPath(product)}">${product.name}</a><span class="detail">${formatCents(product.priceCents)} each</span>
${left < quantity && html`<span class="stock none">${left === 0 ? "Sold out" : `Only ${left} left`}</span>`}
<div class="change"><form method="post" action="/cart/update">${csrfField(visit)}<input type="hidden" name="product" value="${product.id}"><input type="number" name="quantity" value="${quantity}" min="0" max="${MAX_QUANTITY}" aria-label="Quantity of ${product.name}"><button class="quiet">Update</button></form>
<form method="post" action="/cart/update">${csrfField(visit)}<input type="hidden" name="product" value="${product.id}"><input type="hidden" name="quantity" value="0"><button class="link" aria-label="Remove ${product.name}">Remove</button></form></div></div>
<span class="price">${formatCents(totalCents)}</span>
</li>`;
}

function freeShippingHint(visit: Visit, cart: PricedCart): string {
  if (cart.shippingCents === 0) return "We pay for the delivery.";
  return `${formatCents(visit.settings.freeShippingFromCents - cart.goodsCents)} more and we pay for the delivery.`;
}
