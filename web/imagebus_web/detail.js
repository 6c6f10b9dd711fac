"use strict";

/** One image: its properties, its derived images, its events. */
const Detail = (() => {
  const { el, byId, bytes, duration, fileName, sentence, announce } = Dom;
  const LIVE = new Set(["processing"]);
  let shown = null; // { key, etag, timer }

  const row = (name, value) =>
    value === undefined || value === null || value === ""
      ? null
      : el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value));

  function facts(image) {
    const size = image.width ? `${image.width} × ${image.height}` : null;
    const parts = [image.format, size, bytes(image.size)];
    if (image.duration_ms !== undefined) parts.push(`processed in ${duration(image.duration_ms)}`);
    return parts.filter(Boolean).join(" · ");
  }

  function failure(image) {
    if (image.rejection) return el("p", { class: "problem" }, `Rejected (${image.rejection.code}): ${image.rejection.detail}`);
    if (image.status !== "failed") return null;
    const failures = image.failures.map((each) =>
      el("p", { class: "problem" }, `${each.stage} gave up after ${each.attempts} attempts: ${each.error_type}: ${each.message}`),
    );
    return failures.length ? failures : el("p", { class: "problem" }, `Outstanding: ${image.outstanding.join(", ")}`);
  }

  function showDeleted() {
    clearTimeout(shown.timer);
    shown.status = "deleted";
    byId("image-body").replaceChildren(
      el("p", { class: "facts" }, el("span", { class: "status deleted", id: "image-status" }, "Deleted")),
    );
  }

  function act(button, doing, work) {
    return async () => {
      button.disabled = true;
      try {
        await work();
        announce(doing);
        button.textContent = doing;
        if (shown.status !== "deleted") refresh(shown.key);
      } catch (problem) {
        if (!(problem instanceof Api.Problem)) throw problem;
        announce(problem.message);
        button.textContent = problem.message;
      }
    };
  }

  function actions(image) {
    const buttons = [];
    if (image.status === "failed") {
      const retry = el("button", { type: "button", class: "primary", id: "retry" }, "Retry");
      retry.addEventListener("click", act(retry, "Retry requested", () => Api.retry(image.key)));
      buttons.push(retry);
    }
    if (image.status !== "deleted") {
      const remove = el("button", { type: "button", id: "delete" }, "Delete");
      const confirmed = act(remove, "Deleted", async () => {
        await Api.remove(image.key);
        if (shown?.key === image.key) showDeleted();
      });
      remove.addEventListener("click", () => {
        if (remove.dataset.sure) return confirmed();
        remove.dataset.sure = "yes";
        remove.textContent = "Really delete?";
        announce("Press again to delete the image");
        return undefined;
      });
      buttons.push(remove);
    }
    return el("div", { class: "actions" }, buttons);
  }

  function links(image) {
    const urls = image.urls ?? {};
    const found = [
      urls.processed && el("a", { href: urls.processed, target: "_blank", rel: "noopener" }, `Processed image (${bytes(image.processed_size)})`),
      urls.original && el("a", { href: urls.original, target: "_blank", rel: "noopener" }, `Original (${bytes(image.size)})`),
    ].filter(Boolean);
    return found.length ? el("p", { class: "actions" }, found) : null;
  }

  function labels(image) {
    if (image.labels_skipped) return [el("h3", {}, "Labels"), el("p", { class: "facts" }, image.labels_skipped)];
    if (!image.labels) return [];
    const chips = (image.labels.labels ?? []).map((label) => el("li", {}, `${label.name} ${Math.round(label.confidence)} %`));
    return [el("h3", {}, "Labels"), chips.length ? el("ul", { class: "chips" }, chips) : el("p", { class: "facts" }, "None found")];
  }

  function metadata(image) {
    const found = image.metadata ?? {};
    const colours = (found.dominant_colors ?? []).map((colour) => {
      const dot = el("span", { class: "colour" });
      dot.style.backgroundColor = colour;
      return el("li", {}, dot, colour);
    });
    const values = { ...found.properties, ...found.exif };
    const rows = Object.entries(values).map(([name, value]) => row(sentence(name.replaceAll("_", " ")), String(value)));
    return [
      el("h3", {}, "Metadata"),
      colours.length ? el("ul", { class: "chips", "aria-label": "Dominant colours" }, colours) : null,
      el(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": "Metadata" },
        el(
          "table",
          {},
          el("caption", { class: "hidden" }, "Metadata"),
          el("tbody", {}, rows, row("Key", image.key), row("Revision", image.revision), row("SHA-256", image.sha256)),
        ),
      ),
    ];
  }

  function timeline(events) {
    const chart = Timeline.draw(events);
    return [
      el("h3", {}, "Events"),
      Past.slider(events.key, events.events, chart),
      el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Timeline" }, chart),
      el("details", {}, el("summary", {}, "As a table"), el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Event table" }, Timeline.table(events))),
    ];
  }

  function render(image, variants, events) {
    byId("image-title").textContent = fileName(image.key);
    const body = byId("image-body");
    const focused = document.activeElement?.id;
    const open = body.querySelector("details")?.open;
    body.replaceChildren(
      ...[
        el("p", { class: "facts" }, el("span", { class: `status ${image.status}`, id: "image-status" }, sentence(image.status)), ` ${facts(image)}`),
        failure(image),
        actions(image),
        variants ? Variants.section(variants) : [],
        links(image),
        labels(image),
        timeline(events),
        metadata(image),
      ]
        .flat()
        .filter(Boolean),
    );
    if (open) body.querySelector("details").open = true;
    if (focused && body.querySelector(`#${CSS.escape(focused)}`)) byId(focused).focus();
  }

  async function refresh(key) {
    if (!shown || shown.key !== key) return;
    clearTimeout(shown.timer);
    let live = true;
    try {
      const { body: image, etag } = await Api.image(key, shown.etag);
      if (image) {
        const [variants, events] = await Promise.all([image.links.variants && Api.variants(key), Api.events(key)]);
        if (!shown || shown.key !== key || shown.status === "deleted") return;
        shown.etag = etag;
        if (shown.status && shown.status !== image.status) announce(`${fileName(key)} is ${image.status}`);
        shown.status = image.status;
        render(image, variants?.body, events.body);
      }
      live = LIVE.has(shown.status) || shown.status === "failed";
    } catch (problem) {
      if (!(problem instanceof Api.Problem)) throw problem;
      byId("image-title").textContent = fileName(key);
      if (problem.code === "image_deleted") {
        announce(problem.message);
        showDeleted();
        return;
      }
      if (!shown.etag) byId("image-body").replaceChildren(el("p", { class: "problem" }, problem.message));
      live = problem.status !== 404 || !shown.etag;
    }
    if (shown?.key === key) shown.timer = setTimeout(() => refresh(key), live ? 1500 : 10000);
  }

  /** `status` is what the gallery shows, if anything: a deleted image has nothing to load. */
  function open(key, status) {
    if (shown?.key === key) return;
    if (shown) clearTimeout(shown.timer);
    shown = { key };
    byId("image-title").textContent = fileName(key);
    byId("image-body").replaceChildren(el("p", { class: "facts" }, "Loading"));
    if (!byId("image").open) byId("image").showModal();
    byId("image-title").focus();
    if (status === "deleted") showDeleted();
    else refresh(key);
  }

  function close() {
    if (!shown) return;
    clearTimeout(shown.timer);
    shown = null;
    byId("image").close();
  }

  return { open, close };
})();
