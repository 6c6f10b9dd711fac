"use strict";

/** The tiles: what is shown, in which order, and what is selected. */
const Gallery = (() => {
  const { el, byId, bytes, fileName, sentence, announce } = Dom;
  const FILTERS = ["all", "processing", "completed", "rejected", "failed", "deleted"];
  const SORTS = {
    newest: () => 0, // as the list is
    name: (a, b) => fileName(a.key).localeCompare(fileName(b.key)),
    largest: (a, b) => (b.size ?? 0) - (a.size ?? 0),
  };
  const TYPING_MS = 400;
  const REASONS = {
    corrupt: "The file is damaged",
    empty: "The file is empty",
    gone: "The file was gone",
    unsupported_format: "Not a supported format",
    too_many_bytes: "The file is too large",
    too_many_pixels: "Too many pixels",
    too_many_frames: "Too many frames",
    too_costly: "Too costly to decode",
    trailing_data: "Something is hidden in the file",
  };

  let filter = "all";
  let sort = "newest";
  let typing;
  let nearEnd = false;
  const tiles = new Map();
  const statuses = new Map(); // outlives the tiles, to announce changes

  class Tile {
    constructor(key) {
      this.key = key;
      this.canvas = el("canvas", { "aria-hidden": "true" });
      this.why = el("span", { class: "why" });
      this.picture = el("span", { class: "picture" }, this.canvas, this.why);
      this.status = el("span", { class: "status" });
      this.detail = el("span", { class: "detail" });
      this.name = el("span", { class: "name" }, fileName(key));
      this.button = el(
        "button",
        { type: "button", class: "tile", onclick: () => App.show(key) },
        this.picture,
        el("span", { class: "caption" }, this.name, this.status, " ", this.detail),
      );
      this.check = el("input", { type: "checkbox", class: "check", "aria-label": `Select ${fileName(key)}` });
      this.check.addEventListener("click", (event) => Selection.toggle(key, this.check.checked, event.shiftKey));
      this.node = el("li", {}, this.button, this.check);
    }

    update(item) {
      this.status.textContent = sentence(item.status);
      this.status.className = `status ${item.status}`;
      const failed = ["rejected", "failed"].includes(item.status) && item.reason;
      this.why.textContent = failed ? (REASONS[item.reason] ?? sentence(item.reason)) : "";
      this.detail.textContent = bytes(item.size);
      this.check.checked = Selection.has(item.key);
      if (item.thumbhash && item.thumbhash !== this.thumbhash) {
        this.thumbhash = item.thumbhash;
        ThumbHash.paint(this.canvas, item.thumbhash);
      }
      const path = item.urls?.thumbnail?.split("?")[0];
      if (path && path !== this.path) this.load(path, item.urls.thumbnail);
      if (!path) this.image?.remove();
    }

    // The URL has a new signature each time; the image is unchanged as long as the path is.
    load(path, url) {
      this.path = path;
      this.image?.remove();
      const image = el("img", { alt: "", src: url, decoding: "async", loading: "lazy" });
      image.addEventListener("load", () => image.classList.add("shown"));
      image.addEventListener("error", () => {
        if (this.image !== image) return;
        this.path = null;
        this.renew();
      });
      this.image = image;
      this.picture.append(image);
    }

    /** Its address may have expired before it was scrolled into view; once a minute at most. */
    renew() {
      if (Date.now() - (this.renewed ?? 0) < 60000) return;
      this.renewed = Date.now();
      attempt(() => Feed.renew(this.key));
    }
  }

  /** Work that may fail with a Problem, which the header shows. */
  async function attempt(work) {
    try {
      await work();
      return true;
    } catch (problem) {
      if (!(problem instanceof Api.Problem)) throw problem;
      App.disconnected(problem);
      return false;
    }
  }

  const visible = () =>
    Feed.items()
      .filter((item) => filter !== "all" || item.status !== "deleted")
      .sort(SORTS[sort]);

  function render() {
    const items = visible();
    const keys = new Set(items.map((item) => item.key));
    for (const [key, tile] of tiles) {
      if (keys.has(key)) continue;
      tile.node.remove();
      tiles.delete(key);
    }
    const list = byId("gallery");
    items.forEach((item, index) => {
      let tile = tiles.get(item.key);
      if (!tile) tiles.set(item.key, (tile = new Tile(item.key)));
      const before = statuses.get(item.key);
      if (before && before !== item.status) announce(`${fileName(item.key)} is ${item.status}`);
      statuses.set(item.key, item.status);
      tile.update(item);
      if (list.children[index] !== tile.node) list.insertBefore(tile.node, list.children[index] ?? null);
    });
    const searching = filter !== "all" || byId("prefix").value || byId("label").value.trim();
    const none = searching ? "No image matches." : "No images yet.";
    byId("empty").textContent = Feed.hasMore() ? "Looking further back …" : none;
    byId("empty").hidden = items.length > 0 || Feed.isFresh();
    byId("more").hidden = !Feed.hasMore();
    byId("sort-hint").hidden = sort === "newest" || !Feed.hasMore();
    Selection.keep((key) => Feed.record(key));
    queueMicrotask(fill);
  }

  /** Load older images as long as the end of the list is near the screen. */
  let filling = false;
  async function fill() {
    if (filling || !nearEnd || document.hidden) return;
    filling = true;
    while (nearEnd && Feed.hasMore() && (await attempt(Feed.more))) {
      await new Promise((resolve) => setTimeout(resolve, 50)); // the observer looks again
    }
    filling = false;
  }

  function restart() {
    for (const tile of tiles.values()) tile.node.remove();
    tiles.clear();
    Feed.choose({
      status: filter === "all" ? undefined : filter,
      prefix: byId("prefix").value || undefined,
      label: byId("label").value.trim() || undefined,
    });
    Changes.poll();
  }

  function choose(name) {
    filter = name;
    for (const button of byId("filter").children) {
      button.setAttribute("aria-pressed", String(button.dataset.status === name));
    }
    restart();
  }

  function start() {
    byId("filter").append(
      ...FILTERS.map((name) =>
        el(
          "button",
          { type: "button", "data-status": name, "aria-pressed": String(name === filter), onclick: () => choose(name) },
          sentence(name),
        ),
      ),
    );
    for (const id of ["prefix", "label"]) {
      byId(id).addEventListener("input", () => {
        clearTimeout(typing);
        typing = setTimeout(restart, TYPING_MS);
      });
    }
    byId("sort").addEventListener("change", (event) => {
      sort = event.target.value;
      render();
    });
    byId("more").addEventListener("click", () => attempt(Feed.more));
    new IntersectionObserver(
      (entries) => {
        nearEnd = entries.at(-1).isIntersecting; // the latest of those that came together
        fill();
      },
      { rootMargin: "800px" },
    ).observe(byId("end"));
    Feed.listen(render);
  }

  /** The keys in the order of the tiles. */
  const keys = () => visible().map((item) => item.key);
  const statusOf = (key) => Feed.record(key)?.item.status;

  return { start, restart, render, attempt, keys, statusOf, focus: (key) => tiles.get(key)?.button.focus() };
})();
