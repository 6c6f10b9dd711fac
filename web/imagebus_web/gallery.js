"use strict";

/** The newest images, updated without a reload. */
const Gallery = (() => {
  const { el, byId, bytes, fileName, sentence, announce } = Dom;
  const FILTERS = ["all", "processing", "completed", "rejected", "failed", "deleted"];
  const BUSY_MS = 1500;
  const IDLE_MS = 8000;
  const EXPECTING_MS = 60000;

  let filter = "all";
  let first = { etag: null, items: [], cursor: undefined };
  let older = []; // pages that "Show more" added
  let olderCursor;
  let timer;
  let expectedUntil = 0;
  let turn = 0; // number of the latest poll: the response to an older one is ignored
  const tiles = new Map();

  class Tile {
    constructor(item, open) {
      this.canvas = el("canvas", { "aria-hidden": "true" });
      this.picture = el("span", { class: "picture" }, this.canvas);
      this.status = el("span", { class: "status" });
      this.detail = el("span", {});
      this.name = el("span", { class: "name" });
      this.button = el(
        "button",
        { type: "button", class: "tile", onclick: () => open(item.key) },
        this.picture,
        el("span", { class: "caption" }, this.name, this.status, " ", this.detail),
      );
      this.node = el("li", {}, this.button);
    }

    update(item) {
      this.name.textContent = fileName(item.key);
      this.status.textContent = sentence(item.status);
      this.status.className = `status ${item.status}`;
      this.detail.textContent = item.reason && item.status !== "completed" ? item.reason : bytes(item.size);
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
      const image = el("img", { alt: "", src: url, decoding: "async" });
      image.addEventListener("load", () => image.classList.add("shown"));
      image.addEventListener("error", () => {
        this.path = null;
      });
      this.image = image;
      this.picture.append(image);
    }
  }

  function render() {
    const seen = new Set();
    const items = [...first.items, ...older].filter((item) => {
      if (seen.has(item.key) || (filter === "all" && item.status === "deleted")) return false;
      seen.add(item.key);
      return true;
    });
    const list = byId("gallery");
    for (const [key, tile] of tiles) {
      if (seen.has(key) && items.some((item) => item.key === key)) continue;
      tile.node.remove();
      tiles.delete(key);
    }
    items.forEach((item, index) => {
      let tile = tiles.get(item.key);
      if (!tile) {
        tile = new Tile(item, (key) => App.show(key));
        tiles.set(item.key, tile);
      } else if (tile.last !== item.status) {
        announce(`${fileName(item.key)} is ${item.status}`);
      }
      tile.last = item.status;
      tile.update(item);
      if (list.children[index] !== tile.node) list.insertBefore(tile.node, list.children[index] ?? null);
    });
    byId("empty").hidden = items.length > 0;
    byId("more").hidden = !(older.length ? olderCursor : first.cursor);
  }

  async function poll() {
    clearTimeout(timer);
    if (document.hidden || !Api.credentials.exist()) return;
    turn += 1;
    const mine = turn;
    let wait = IDLE_MS;
    try {
      const status = filter === "all" ? undefined : filter;
      const { body, etag } = await Api.list({ status, etag: first.etag });
      if (mine !== turn) return;
      if (body) {
        first = { etag, items: body.items, cursor: body.cursor };
        render();
      }
      App.connected();
      const isBusy = first.items.some((item) => item.status === "processing") || Date.now() < expectedUntil;
      if (isBusy) wait = BUSY_MS;
    } catch (problem) {
      if (!(problem instanceof Api.Problem)) throw problem;
      if (mine !== turn) return;
      App.disconnected(problem);
      wait = Math.max(1, problem.retryAfter) * 1000;
      if ([401, 403].includes(problem.status)) return;
    }
    timer = setTimeout(poll, wait);
  }

  async function more() {
    const status = filter === "all" ? undefined : filter;
    try {
      const { body } = await Api.list({ status, cursor: older.length ? olderCursor : first.cursor });
      older = [...older, ...body.items];
      olderCursor = body.cursor;
      render();
    } catch (problem) {
      if (!(problem instanceof Api.Problem)) throw problem;
      App.disconnected(problem);
    }
  }

  function restart() {
    first = { etag: null, items: [], cursor: undefined };
    older = [];
    olderCursor = undefined;
    poll();
  }

  function choose(name) {
    filter = name;
    for (const button of byId("filter").children) {
      button.setAttribute("aria-pressed", String(button.dataset.status === name));
    }
    for (const tile of tiles.values()) tile.node.remove();
    tiles.clear();
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
    byId("more").addEventListener("click", more);
    document.addEventListener("visibilitychange", poll);
    poll();
  }

  /** Something was uploaded or requested: poll often for a while. */
  function expect() {
    expectedUntil = Date.now() + EXPECTING_MS;
    poll();
  }

  const statusOf = (key) => tiles.get(key)?.last;

  return { start, restart, expect, statusOf };
})();
