"use strict";

/** Several images at once: delete them, download their originals, copy their links. */
const Selection = (() => {
  const { byId, announce, fileName } = Dom;
  const PARALLEL = 4;
  const chosen = new Set();
  let last = null; // where a range begins

  function show(problem = "") {
    byId("selection").hidden = chosen.size === 0;
    byId("selected").textContent = problem || `${chosen.size} selected`;
  }

  function toggle(key, checked, range) {
    const keys = Gallery.keys();
    const [from, to] = [keys.indexOf(last), keys.indexOf(key)];
    const touched = range && from >= 0 ? keys.slice(Math.min(from, to), Math.max(from, to) + 1) : [key];
    for (const each of touched) checked ? chosen.add(each) : chosen.delete(each);
    last = key;
    show();
    if (touched.length > 1) Gallery.render();
  }

  /** Forget what is no longer there. */
  function keep(exists) {
    for (const key of chosen) if (!exists(key)) chosen.delete(key);
    if (!byId("selection").hidden) show();
  }

  function clear() {
    chosen.clear();
    show();
    Gallery.render();
  }

  /** Does `work` for every selected key, a few at once; what failed stays selected. */
  async function each(work, doing, done) {
    const keys = [...chosen];
    const failed = [];
    let count = 0;
    const worker = async () => {
      for (let key = keys.shift(); key !== undefined; key = keys.shift()) {
        try {
          await work(key);
          chosen.delete(key);
        } catch (problem) {
          if (!(problem instanceof Api.Problem)) throw problem;
          failed.push(`${fileName(key)}: ${problem.message}`);
        }
        count += 1;
        byId("selected").textContent = `${doing} ${count}`;
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    const text = failed.length ? `${failed.length} failed: ${failed[0]}` : "";
    announce(text || done);
    show(text);
    Gallery.render();
  }

  async function remove() {
    byId("confirm-text").textContent = `Delete ${chosen.size} ${chosen.size === 1 ? "image" : "images"}?`;
    byId("confirm").returnValue = "";
    byId("confirm").showModal();
    await new Promise((resolve) => byId("confirm").addEventListener("close", resolve, { once: true }));
    if (byId("confirm").returnValue !== "delete") return;
    const place = Gallery.keys().findIndex((key) => chosen.has(key));
    await each(
      async (key) => {
        await Api.remove(key);
        Feed.forget(key);
      },
      "Deleted",
      "Deleted",
    );
    if (document.activeElement === document.body) Gallery.focus(Gallery.keys().slice(0, place + 1).at(-1));
    Changes.expect();
  }

  /** Save an image's original under its name. Throws Api.Problem. */
  async function save(key) {
    const { body } = await Api.image(key);
    const blob = await Api.bytes(body.urls?.original);
    const link = Dom.el("a", { href: URL.createObjectURL(blob), download: fileName(key) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  async function copy() {
    const links = [...chosen].map(App.link).join("\n");
    show(await Dom.copy(links));
  }

  function start() {
    byId("delete-selected").addEventListener("click", remove);
    byId("download-selected").addEventListener("click", () => each(save, "Downloaded", "Downloaded"));
    byId("copy-selected").addEventListener("click", copy);
    byId("clear-selected").addEventListener("click", clear);
    byId("select-all").addEventListener("click", () => {
      for (const key of Gallery.keys()) chosen.add(key);
      show();
      Gallery.render();
    });
    // The buttons come after all tiles, which may be hundreds of stops away.
    document.addEventListener("keydown", ({ key, target }) => {
      if (!chosen.size || document.querySelector("dialog[open]") || target.matches("[type=search], select")) return;
      if (["Delete", "Backspace"].includes(key)) remove();
      if (key === "Escape") clear();
    });
    for (const id of ["confirm-yes", "confirm-no"]) {
      byId(id).addEventListener("click", () => byId("confirm").close(id === "confirm-yes" ? "delete" : ""));
    }
  }

  return { start, toggle, keep, save, has: (key) => chosen.has(key) };
})();
