import type { Slice } from "../catalogue/listing.js";
import { Html, html } from "./html.js";

/**
 * Links to the pages of a list; nothing where there is but one.
 * @param href - address of a page by its number.
 */
export function pagination(slice: Slice<unknown>, href: (page: number) => string): Html | undefined {
  if (slice.pages === 1) return undefined;
  const numbers = Array.from({ length: slice.pages }, (_, i) => i + 1).filter(
    (page) => page === 1 || page === slice.pages || Math.abs(page - slice.page) <= 1,
  );
  return html`<nav class="pages" aria-label="Pages">
${slice.page > 1 && html`<a href="${href(slice.page - 1)}" rel="prev">Previous</a>`}
${numbers.map((page, i) => [
  i > 0 && page - (numbers[i - 1] as number) > 1 && html`<span>…</span>`,
  html`<a href="${href(page)}"${page === slice.page && Html.trusted(' aria-current="page"')}>${page}</a>`,
])}
${slice.page < slice.pages && html`<a href="${href(slice.page + 1)}" rel="next">Next</a>`}
</nav>`;
}
