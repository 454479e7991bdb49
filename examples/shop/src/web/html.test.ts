import { describe, expect, it } from "@jest/globals";
import { Html, html } from "./html.js";

describe("html", () => {
  it("escapes text in elements and in quoted attributes", () => {
    const evil = `"><script>alert('x')</script>&`;
    expect(String(html`<p title="${evil}">${evil}</p>`)).toBe(
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;">' +
        "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</p>",
    );
  });

  it("takes nested templates and lists of them as they are", () => {
    const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`);
    expect(String(html`<ul>${items}</ul>`)).toBe("<ul><li>a</li><li>&lt;b&gt;</li></ul>");
  });

  it("escapes text in a list", () => {
    expect(String(html`${["<", ["&"]]}`)).toBe("&lt;&amp;");
  });

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["false", false],
  ] as const)("leaves nothing for %s", (_name, value) => {
    expect(String(html`[${value}]`)).toBe("[]");
  });

  it("keeps zero and the empty string apart from absence", () => {
    expect(String(html`${0}|${""}`)).toBe("0|");
  });

  it("does not touch a backslash in the template", () => {
    expect(String(html`<p>\u00e9 ${"\\"}</p>`)).toBe("<p>é \\</p>");
  });

  it("does not take an object that only looks like markup", () => {
    const forged = { toString: () => "<script>" } as unknown as Html;
    expect(() => String(html`${forged}`)).toThrow(TypeError);
    expect(String(html`${Html.trusted("<br>")}`)).toBe("<br>");
  });
});
