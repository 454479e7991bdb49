import type { Offer, Selection } from "../catalogue/catalogue-service.js";
import { categories } from "../catalogue/category.js";
import type { Slice } from "../catalogue/listing.js";
import { productPath } from "../catalogue/product.js";
import { picturePath } from "../catalogue/product-card.js";
import { Html, html } from "../web/html.js";
import { csrfField, type Page } from "../web/layout.js";
import { centsToField } from "../web/money.js";
import { pagination } from "../web/pagination.js";
import { queryPath } from "../web/query-path.js";
import type { Visit } from "../web/visit.js";

/** Prices and settings. */
export function adminPage(visit: Visit, selection: Selection, slice: Slice<Offer>, problem?: string): Page {
  const parameters = {
    category: selection.category === "all" ? undefined : selection.category,
    q: selection.text,
  };
  const here = queryPath("/admin", { ...parameters, page: slice.page });
  const { settings } = visit;
  return {
    title: "Admin",
    body: html`<h1>Shopkeeper’s desk</h1>
${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
<section class="panel"><h2>Settings</h2>
<form class="settings" method="post" action="/admin/settings">${csrfField(visit)}
<label class="grow">Announcement <input name="announcement" value="${settings.announcement}" maxlength="160"></label>
<label>Delivery € <input name="shipping" value="${centsToField(settings.shippingCents)}" inputmode="decimal" required size="8"></label>
<label>Free from € <input name="freeFrom" value="${centsToField(settings.freeShippingFromCents)}" inputmode="decimal" required size="8"></label>
<button class="quiet">Save</button></form></section>
<section class="panel"><h2>Prices</h2>
<form class="filter" action="/admin"><input type="search" name="q" value="${selection.text}" placeholder="Find a product" aria-label="Find a product"><select name="category" aria-label="Category"><option value="">Every category</option>${categories.map(({ id, title }) => html`<option value="${id}"${id === selection.category && Html.trusted(" selected")}>${title}</option>`)}</select><button class="quiet">Show</button></form>
<ul class="prices">${slice.items.map(
      ({
        product,
        left,
      }) => html`<li data-product="${product.id}"><img src="${picturePath(product.picture)}" alt="" width="48" height="48" loading="lazy"><a class="name" href="${productPath(product)}">${product.name}</a><span class="left">${left} in stock</span>
<form method="post" action="/admin/prices/${product.id}">${csrfField(visit)}<input type="hidden" name="back" value="${here}"><input name="price" value="${centsToField(product.priceCents)}" inputmode="decimal" required size="8" aria-label="Price of ${product.name}"><button class="quiet">Save</button></form></li>`,
    )}</ul>
${slice.total === 0 && html`<p class="empty">No product has these words.</p>`}
${pagination(slice, (page) => queryPath("/admin", { ...parameters, page }))}</section>`,
  };
}
