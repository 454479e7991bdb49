import { totals } from "../cart/cart-page.js";
import type { PricedCart } from "../cart/cart-service.js";
import { picturePath } from "../catalogue/product-card.js";
import { type Address, countries } from "../customers/customer.js";
import { Html, html } from "../web/html.js";
import { csrfField, type Page } from "../web/layout.js";
import { formatCents } from "../web/money.js";
import type { Visit } from "../web/visit.js";
import { type Order, type OrderSummary, orderNumber } from "./order.js";

/** What the checkout form shows. */
export interface CheckoutForm {
  readonly address: Address;
  readonly checkoutToken: string;
  readonly problem?: string | undefined;
}

export function checkoutPage(visit: Visit, cart: PricedCart, form: CheckoutForm): Page {
  const { address } = form;
  return {
    title: "Check out",
    body: html`<h1>Check out</h1>
${form.problem !== undefined && html`<p class="problem" role="alert">${form.problem}</p>`}
<div class="split">
<form class="stack" id="checkout" method="post" action="/checkout">${csrfField(visit)}<input type="hidden" name="token" value="${form.checkoutToken}"><input type="hidden" name="agreed" value="${cart.totalCents}">
<h2>Where shall we send it?</h2>
<label>Name <input name="name" value="${address.name}" autocomplete="name" required maxlength="80"></label>
<label>Street and number <input name="street" value="${address.street}" autocomplete="street-address" required maxlength="120"></label>
<div class="pair"><label>Postcode <input name="postcode" value="${address.postcode}" autocomplete="postal-code" required maxlength="16"></label>
<label>City <input name="city" value="${address.city}" autocomplete="address-level2" required maxlength="80"></label></div>
<label>Country <select name="country" autocomplete="country-name">${countries.map((country) => html`<option${country === address.country && Html.trusted(" selected")}>${country}</option>`)}</select></label>
<p class="hint">Payment is on the house: nothing in this example is for sale.</p>
<button class="button wide">Place order · ${formatCents(cart.totalCents)}</button></form>
<aside class="summary"><h2>Your order</h2>
<ul class="brief">${cart.lines.map(({ product, quantity, totalCents }) => html`<li><img src="${picturePath(product.picture)}" alt="" width="48" height="48"><span>${quantity} × ${product.name}</span><span class="price">${formatCents(totalCents)}</span></li>`)}</ul>
${totals(cart)}<p class="hint"><a href="/cart">Change the cart</a></p></aside>
</div>`,
  };
}

export function orderPage(order: Order): Page {
  const { address } = order;
  return {
    title: `Order ${orderNumber(order.id)}`,
    body: html`<p class="crumbs"><a href="/orders">Your orders</a></p>
<h1 data-order="${order.id}">Order ${orderNumber(order.id)}</h1><p class="lead">Placed on ${dateOf(order.createdAtMs)}</p>
<div class="split">
<ul class="lines">${order.lines.map(({ productId, name, picture, unitCents, quantity }) => html`<li class="line"><a class="thumb" href="/products/${productId}"><img src="${picturePath(picture)}" alt="" width="96" height="96"></a><div class="what"><a class="name" href="/products/${productId}">${name}</a><span class="detail">${quantity} × ${formatCents(unitCents)}</span></div><span class="price">${formatCents(unitCents * quantity)}</span></li>`)}</ul>
<aside class="summary"><h2>Total</h2>${totals({ goodsCents: order.totalCents - order.shippingCents, shippingCents: order.shippingCents, totalCents: order.totalCents })}
<h2>Sent to</h2><address>${address.name}<br>${address.street}<br>${address.postcode} ${address.city}<br>${address.country}</address></aside>
</div>`,
  };
}

export function ordersPage(orders: readonly OrderSummary[]): Page {
  return {
    title: "Your orders",
    body: html`<h1>Your orders</h1>${
      orders.length === 0
        ? html`<p class="empty">None yet. <a href="/">The shop is that way.</a></p>`
        : html`<ul class="orders">${orders.map((order) => html`<li><a href="/orders/${order.id}"><b>${orderNumber(order.id)}</b><span>${dateOf(order.createdAtMs)}</span><span>${order.pieces} ${order.pieces === 1 ? "piece" : "pieces"}</span><span class="price">${formatCents(order.totalCents)}</span></a></li>`)}</ul>`
    }`,
  };
}

const dates = new Intl.DateTimeFormat("en-IE", {
  day: "numeric",
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});

function dateOf(ms: number): string {
  return dates.format(ms);
}
