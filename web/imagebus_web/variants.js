"use strict";

/** The variants of an image, and the markup that shows them on another page. */
const Variants = (() => {
  const { el, bytes, announce } = Dom;

  function strip(variants) {
    const figures = Object.entries(variants).map(([name, { formats: [{ url, width, height }] }]) =>
      el(
        "figure",
        {},
        el("a", { href: url, target: "_blank", rel: "noopener" }, el("img", { src: url, alt: `Variant ${name}`, width, height, loading: "lazy" })),
        el("figcaption", {}, name),
      ),
    );
    return el("div", { class: "strip" }, figures);
  }

  function table(variants) {
    const rows = Object.entries(variants).flatMap(([name, { formats }]) =>
      formats.map((each) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, name),
          el("td", {}, each.format),
          el("td", { class: "number" }, `${each.width} × ${each.height}`),
          el("td", { class: "number" }, bytes(each.bytes)),
        ),
      ),
    );
    const head = ["Variant", "Format", "Size", "Bytes"].map((name, column) => el("th", { scope: "col", class: column > 1 ? "number" : null }, name));
    return el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Variants" },
      el("table", { id: "variants" }, el("caption", { class: "hidden" }, "Variants"), el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)),
    );
  }

  /** Asks again before it copies, because addresses expire. Safari copies after a wait only as a promise. */
  async function copy(button, key, pick) {
    let outcome = "Copied";
    const text = Api.variants(key).then(({ body }) => new Blob([pick(body)], { type: "text/plain" }));
    const problem = text.then(() => null, (error) => error);
    try {
      if (!navigator.clipboard) throw new DOMException("Browsers allow copying on secure pages only");
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
    } catch (error) {
      const cause = (await problem) ?? error;
      if (!(cause instanceof Api.Problem || cause instanceof DOMException)) throw cause;
      outcome = cause.message;
    }
    button.textContent = outcome;
    announce(outcome);
  }

  function copies(key, pictures) {
    return pictures.map((picture, index) => {
      const button = (label, id, pick) => {
        const made = el("button", { type: "button", id: `copy-${id}-${index}` }, label);
        made.addEventListener("click", () => copy(made, key, (body) => pick(body.pictures[index])));
        return made;
      };
      const names = picture.variants.join(", ");
      return el(
        "div",
        { class: "actions", role: "group", "aria-label": names },
        el("span", { class: "facts" }, names),
        button("Copy HTML", "html", (fresh) => fresh.html),
        Object.keys(picture.srcset).map((format) => button(`Copy ${format} srcset`, format, (fresh) => fresh.srcset[format])),
      );
    });
  }

  function section(shown) {
    return [
      el("h3", {}, "Variants"),
      shown.outdated ? el("p", { class: "facts", id: "outdated" }, "These are older variants. The promoted recipe's variants are not ready yet.") : null,
      strip(shown.variants),
      table(shown.variants),
      copies(shown.key, shown.pictures),
      shown.expires_at ? el("p", { class: "facts" }, "Copied addresses expire after five minutes. On the CDN they are permanent.") : null,
    ].flat();
  }

  return { section };
})();
