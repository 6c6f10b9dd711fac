"use strict";

/** The parts of an image's dialog: its state, its labels, its metadata, its events. */
const Detail = (() => {
  const { el, bytes, duration, sentence } = Dom;

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
    const rows = [
      ...Object.entries(values).map(([name, value]) => row(sentence(name.replaceAll("_", " ")), String(value))),
      ...Object.entries(image.user_metadata ?? {}).map(([name, value]) => row(`x-amz-meta-${name}`, value)),
    ];
    return [
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
      Past.slider(events.key, events.events, chart),
      el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Timeline" }, chart),
      el("details", {}, el("summary", {}, "As a table"), el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Event table" }, Timeline.table(events))),
    ];
  }

  const state = (image) =>
    el("p", { class: "facts" }, el("span", { class: `status ${image.status}`, id: "image-status" }, sentence(image.status)), ` ${facts(image)}`);

  return { state, failure, links, labels, metadata, timeline };
})();
