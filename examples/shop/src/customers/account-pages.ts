import { html } from "../web/html.js";
import { csrfField, type Page } from "../web/layout.js";
import type { Visit } from "../web/visit.js";
import { MIN_PASSWORD } from "./account-service.js";
import { demoAccounts } from "./demo-accounts.js";

/** What a form shows again after it was refused. Never a password. */
export interface FormState {
  readonly problem?: string | undefined;
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  /** Where to go afterwards. */
  readonly next: string;
}

export function logInPage(visit: Visit, form: FormState): Page {
  return {
    title: "Log in",
    body: html`<div class="narrow"><h1>Log in</h1>
${form.problem !== undefined && html`<p class="problem" role="alert">${form.problem}</p>`}
<form class="stack" method="post" action="/login">${csrfField(visit)}<input type="hidden" name="next" value="${form.next}">
<label>E-mail <input type="email" name="email" value="${form.email}" autocomplete="username" required maxlength="120"></label>
<label>Password <input type="password" name="password" autocomplete="current-password" required></label>
<button class="button wide">Log in</button></form>
<p class="after">New here? <a href="/register?next=${encodeURIComponent(form.next)}">Open an account</a></p>
<section class="demo"><h2>This is an example</h2><p>Use one of its accounts:</p>
<table>${demoAccounts.map(({ email, password, role }) => html`<tr><td>${role === "admin" ? "Shopkeeper" : "Customer"}</td><td><code>${email}</code></td><td><code>${password}</code></td></tr>`)}</table></section></div>`,
  };
}

export function registerPage(visit: Visit, form: FormState): Page {
  return {
    title: "Open an account",
    body: html`<div class="narrow"><h1>Open an account</h1>
${form.problem !== undefined && html`<p class="problem" role="alert">${form.problem}</p>`}
<form class="stack" method="post" action="/register">${csrfField(visit)}<input type="hidden" name="next" value="${form.next}">
<label>Name <input name="name" value="${form.name}" autocomplete="name" required maxlength="80"></label>
<label>E-mail <input type="email" name="email" value="${form.email}" autocomplete="username" required maxlength="120"></label>
<label>Password <input type="password" name="password" autocomplete="new-password" required minlength="${MIN_PASSWORD}"></label>
<button class="button wide">Open account</button></form>
<p class="after">Have one already? <a href="/login?next=${encodeURIComponent(form.next)}">Log in</a></p></div>`,
  };
}
