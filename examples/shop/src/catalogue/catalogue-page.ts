import { Html, html } from "../web/html.js";
import type { Page } from "../web/layout.js";
import { pagination } from "../web/pagination.js";
import { queryPath } from "../web/query-path.js";
import type { Offer, Selection } from "./catalogue-service.js";
import { categoryOf } from "./category.js";
import { type Slice, sorts } from "./listing.js";
import { productCard } from "./product-card.js";

/** The catalogue, or what a search found. */
export function cataloguePage(selection: Selection, slice: Slice<Offer>): Page {
  const { category, sort, text } = selection;
  const found = text !== "";
  const parameters = found
    ? { q: text }
    : { category: category === "all" ? undefined : category, sort: sort === "featured" ? undefined : sort };
  const title = found ? `“${text}”` : (categoryOf(category)?.title ?? "Things for a slower home");
  const lead = found
    ? `${slice.total === 0 ? "Nothing" : slice.total} found.`
    : (categoryOf(category)?.lead ?? "Made well, in small numbers, by people we could introduce you to.");
  return {
    title: found ? `Search: ${text}` : (categoryOf(category)?.title ?? "Everything"),
    category: found ? undefined : category,
    query: text,
    body: html`<section class="intro"><div><h1>${title}</h1><p>${lead}</p></div>
${
  found
    ? undefined
    : html`<form class="sort" action="/">${category !== "all" && html`<input type="hidden" name="category" value="${category}">`}<label>Sort by <select name="sort">${sorts.map((each) => html`<option value="${each.id}"${each.id === sort && Html.trusted(" selected")}>${each.title}</option>`)}</select></label><button>Sort</button></form>`
}</section>
${
  slice.items.length === 0
    ? html`<p class="empty">Try a shorter word, or <a href="/">look at everything</a>.</p>`
    : html`<section class="grid" aria-label="Products">${slice.items.map(({ product, left }) => productCard(product, left))}</section>`
}
${pagination(slice, (page) => queryPath("/", { ...parameters, page: page === 1 ? undefined : page }))}`,
  };
}
