"use strict";

/** The events of an image as a chart: one row each, from the event that caused it to the moment it occurred. */
const Timeline = (() => {
  const { svg, el, duration } = Dom;
  const WIDTH = 720;
  const LEFT = 160;
  const RIGHT = 70;
  const ROW = 26;
  const TOP = 24;

  const kind = (type) =>
    ["ProcessingFailed", "ProcessingStalled", "ImageRejected"].includes(type)
      ? "failed"
      : type === "ImageProcessed"
        ? "good"
        : "";

  function describe(event, byId) {
    const cause = byId.get(event.caused_by);
    const after = cause ? `, ${duration(event.ms)} after ${cause.type}, which caused it` : "";
    return `${event.type} at ${duration(event.offset_ms)}${after}`;
  }

  function step(total) {
    const rough = total / 5;
    const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
    return [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? power * 10;
  }

  function draw({ events, duration_ms: total }) {
    const byId = new Map(events.map((event) => [event.event_id, event]));
    const row = new Map(events.map((event, index) => [event.event_id, index]));
    const height = TOP + events.length * ROW + 8;
    const scale = (ms) => LEFT + (Math.max(0, ms) / Math.max(total, 1)) * (WIDTH - LEFT - RIGHT);
    const middle = (index) => TOP + index * ROW + ROW / 2;

    const size = step(total);
    const ticks = [];
    for (let ms = 0; ms <= total; ms += size) {
      ticks.push(
        svg("line", { class: "axis", x1: scale(ms), x2: scale(ms), y1: TOP - 4, y2: height - 4 }),
        svg("text", { class: "soft", x: scale(ms), y: 12, "text-anchor": "middle" }, duration(ms)),
      );
    }

    const rows = events.map((event, index) => {
      const cause = byId.get(event.caused_by);
      const end = scale(event.offset_ms);
      const y = middle(index);
      const parts = [svg("title", {}, describe(event, byId))];
      parts.push(svg("text", { x: LEFT - 12, y: y + 4, "text-anchor": "end" }, event.type));
      if (cause) {
        const start = scale(cause.offset_ms);
        const from = middle(row.get(cause.event_id));
        const work = Math.min(end - start, scale(event.usage.billed_ms ?? 0) - LEFT);
        parts.push(
          svg("path", { class: "cause", d: `M ${start} ${from} V ${y} H ${start + 1}` }),
          svg("rect", { class: "wait", x: start, y: y - 5, width: Math.max(end - start, 1), height: 10, rx: 2 }),
          svg("rect", { class: "work", x: end - work, y: y - 5, width: Math.max(work, 0), height: 10, rx: 2 }),
        );
      }
      parts.push(svg("circle", { class: "moment", cx: end, cy: y, r: 4.5 }));
      const label = cause ? `+${duration(event.ms)}` : duration(event.offset_ms);
      parts.push(svg("text", { class: "soft", x: end + 9, y: y + 4 }, label));
      return svg("g", { class: kind(event.type) }, parts);
    });

    return svg(
      "svg",
      { class: "timeline", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-labelledby": "timeline-name timeline-text" },
      svg("title", { id: "timeline-name" }, `${events.length} events in ${duration(total)}`),
      svg("desc", { id: "timeline-text" }, events.map((event) => describe(event, byId)).join(". ")),
      ticks,
      rows,
    );
  }

  function table({ events }) {
    const byId = new Map(events.map((event) => [event.event_id, event]));
    const heads = ["Event", "By", "At", "Caused by", "After", "Work"];
    const numeric = (index) => ([2, 4, 5].includes(index) ? "number" : undefined);
    const cells = (event) => [
      event.type,
      event.source.replace("imagebus.", ""),
      duration(event.offset_ms),
      byId.get(event.caused_by)?.type ?? "",
      event.ms === undefined ? "" : duration(event.ms),
      event.usage.billed_ms ? duration(event.usage.billed_ms) : "",
    ];
    return el(
      "table",
      {},
      el("caption", { class: "hidden" }, "Events"),
      el("thead", {}, el("tr", {}, heads.map((head, i) => el("th", { scope: "col", class: numeric(i) }, head)))),
      el(
        "tbody",
        {},
        events.map((event) => el("tr", {}, cells(event).map((cell, i) => el("td", { class: numeric(i) }, cell)))),
      ),
    );
  }

  return { draw, table };
})();
