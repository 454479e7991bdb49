import { categories } from "../catalogue/category.js";
import { CSRF_FIELD } from "./csrf.js";
import { Html, html } from "./html.js";
import { currentProvenance, type ProvenanceLine } from "./provenance.js";
import { stylesheetPath } from "./stylesheet.js";
import type { Visit } from "./visit.js";

/** One page of the shop. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Which category the navigation marks. */
  readonly category?: string | undefined;
  /** What was searched for, kept in the search field. */
  readonly query?: string | undefined;
}

/** Name of the shop. */
export const shopName = "Lantern & Linen";

/** The hidden field that every form with `method="post"` carries. */
export function csrfField(visit: Visit): Html {
  return html`<input type="hidden" name="${CSRF_FIELD}" value="${visit.csrfToken()}">`;
}

/** Puts a page into the frame of the shop. Called last, since its footer tells where everything above came from. */
export function layout(visit: Visit, page: Page): string {
  const head = header(visit, page);
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · ${shopName}</title>
<link rel="stylesheet" href="${stylesheetPath}">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
${visit.settings.announcement !== "" && html`<p class="announcement">${visit.settings.announcement}</p>`}
${head}
<main id="main">
${visit.notice !== undefined && html`<p class="notice" role="status">${visit.notice}</p>`}
${page.body}
</main>
${footer()}
</body>
</html>
`);
}

function header(visit: Visit, page: Page): Html {
  const { customer } = visit;
  return html`<header class="top">
<div class="bar">
<a class="brand" href="/">${lanternMark}<span>${shopName}</span></a>
<form class="search" action="/" role="search"><input type="search" name="q" value="${page.query}" placeholder="Search the shop" aria-label="Search the shop" maxlength="60"><button aria-label="Search">${searchMark}</button></form>
<nav class="account" aria-label="Your account">
${customer?.role === "admin" && html`<a href="/admin">Admin</a>`}
${
  customer === undefined
    ? html`<a href="/login">Log in</a>`
    : html`<a href="/orders">Orders</a><form method="post" action="/logout">${csrfField(visit)}<button class="link" title="Logged in as ${customer.name}">Log out</button></form>`
}
<a class="cart" href="/cart">${cartMark}<span class="label">Cart</span>${visit.cartCount > 0 && html`<b class="count" data-cart-count="${visit.cartCount}">${visit.cartCount}</b>`}</a>
</nav>
</div>
<nav class="categories" aria-label="Categories"><a href="/"${page.category === "all" && Html.trusted(' aria-current="page"')}>Everything</a>${categories.map(
    ({ id, title }) =>
      html`<a href="/?category=${id}"${page.category === id && Html.trusted(' aria-current="page"')}>${title}</a>`,
  )}</nav>
</header>`;
}

function footer(): Html {
  const provenance = currentProvenance();
  const lines = provenance?.lines ?? [];
  const valuesFrom = (wanted: ProvenanceLine["source"]): number =>
    lines.reduce((sum, { source, values }) => sum + (source === wanted ? values : 0), 0);
  const cached = valuesFrom("cache");
  return html`<footer class="bottom">
<p>${shopName} is an example of <b>Aside</b>: nothing here is for sale.</p>
${
  provenance !== undefined &&
  html`<details class="provenance">
<summary><span class="dot cache"></span>${cached} ${cached === 1 ? "value" : "values"} from the cache <span class="dot database"></span>${valuesFrom("database") + valuesFrom("transaction")} from the database <span class="time">${milliseconds(provenance.elapsedMs)}</span></summary>
<table><thead><tr><th>Store</th><th>Came from</th><th>Values</th><th>Slowest read</th></tr></thead>
<tbody>${lines.map(
    (line) =>
      html`<tr data-store="${line.store}" data-source="${line.source}"><td>${line.store}</td><td><span class="dot ${line.source}"></span>${line.source}</td><td>${line.values}</td><td>${milliseconds(line.slowestMs)}</td></tr>`,
  )}</tbody></table>
</details>`
}
</footer>`;
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

const lanternMark = Html.trusted(
  '<svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true"><path d="M8 8V6a4 4 0 0 1 8 0v2" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M6 8h12l1 2H5z" fill="currentColor"/><path d="M7 10h10v10H7z" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M5.5 21h13" stroke="currentColor" stroke-width="2" stroke-linecap="round"/><path class="flame" d="M12 12c2 2 1.8 4 0 5-1.8-1-2-3 0-5z"/></svg>',
);
const searchMark = Html.trusted(
  '<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><circle cx="10.5" cy="10.5" r="6" fill="none" stroke="currentColor" stroke-width="2"/><path d="M15 15l5 5" stroke="currentColor" stroke-width="2" stroke-linecap="round"/></svg>',
);
const cartMark = Html.trusted(
  '<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="M5 8h14l-1.3 11H6.3z" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linejoin="round"/><path d="M9 10V7a3 3 0 0 1 6 0v3" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round"/></svg>',
);
