"use strict";

/** One image: a large picture, then everything else in tabs. The arrow keys lead to its neighbours. */
const Lightbox = (() => {
  const { el, byId, fileName, announce } = Dom;
  const LIVE_MS = 1500;
  const IDLE_MS = 10000;
  /** Presigned addresses live for five minutes. */
  const RENEW_MS = 240000;
  const TABS = ["overview", "variants", "events", "metadata"];

  let shown = null; // { key, etag, status, timer, loaded }
  let tab = "overview";

  /** The largest picture that browsers show, in the best format that this one knows. */
  function picture(image, variants) {
    const best = variants?.pictures?.[0];
    const sources = Object.entries(best?.srcset ?? {});
    const common = sources.at(-1)?.[1];
    const fallback = common?.split(", ").at(-1).split(" ")[0] ?? image.urls?.processed ?? image.urls?.thumbnail;
    const url = fallback ?? (image.status === "completed" ? image.urls?.original : undefined);
    if (!url) return el("p", { class: "facts" }, image.status === "processing" ? "Being processed" : "No picture");
    const img = el("img", { src: url, srcset: common, sizes: "(max-width: 60rem) 100vw, 60rem", alt: fileName(image.key), id: "picture" });
    img.addEventListener("error", () => expired(image.key));
    const better = ["avif", "webp"].filter((format) => best?.srcset[format] && best.srcset[format] !== common);
    return el(
      "picture",
      {},
      better.map((format) => el("source", { type: `image/${format}`, srcset: best.srcset[format], sizes: "(max-width: 60rem) 100vw, 60rem" })),
      img,
    );
  }

  /** An address has expired; asked for again once in a while only, or a broken picture would be asked for endlessly. */
  function expired(key) {
    if (shown?.key !== key || Date.now() - shown.loaded < 5000) return;
    shown.etag = null;
    refresh(key);
  }

  function showTab(name) {
    tab = name;
    for (const each of TABS) {
      const chosen = each === tab;
      byId(`tab-${each}`).setAttribute("aria-selected", String(chosen));
      byId(`tab-${each}`).tabIndex = chosen ? 0 : -1;
      byId(`panel-${each}`).hidden = !chosen;
    }
  }

  function act(button, doing, work) {
    return async () => {
      button.disabled = true;
      try {
        await work();
        announce(doing);
        button.textContent = doing;
        if (shown && shown.status !== "deleted") refresh(shown.key);
      } catch (problem) {
        if (!(problem instanceof Api.Problem)) throw problem;
        announce(problem.message);
        button.textContent = problem.message;
      }
    };
  }

  function actions(image) {
    const buttons = [];
    const button = (id, label, more = {}) => {
      const made = el("button", { type: "button", id, ...more }, label);
      buttons.push(made);
      return made;
    };
    if (image.status === "failed") {
      const retry = button("retry", "Retry", { class: "primary" });
      retry.addEventListener("click", act(retry, "Retry requested", () => Api.retry(image.key)));
    }
    const link = button("copy-link", "Copy link");
    link.addEventListener("click", async () => {
      link.textContent = await Dom.copy(App.link(image.key));
      announce(link.textContent);
    });
    const save = button("download", "Download");
    save.addEventListener("click", act(save, "Downloaded", () => Selection.save(image.key)));
    const remove = button("delete", "Delete");
    const confirmed = act(remove, "Deleted", async () => {
      await Api.remove(image.key);
      Feed.forget(image.key);
      if (shown?.key === image.key) showDeleted();
    });
    remove.addEventListener("click", () => {
      if (remove.dataset.sure) return confirmed();
      remove.dataset.sure = "yes";
      remove.textContent = "Really delete?";
      announce("Press again to delete the image");
      return undefined;
    });
    return el("div", { class: "actions" }, buttons);
  }

  function showDeleted() {
    clearTimeout(shown.timer);
    shown.status = "deleted";
    message(el("p", { class: "facts" }, el("span", { class: "status deleted", id: "image-status" }, "Deleted")));
  }

  /** Replaces what is shown. If that had the focus, the title gets it, or keys would go nowhere. */
  function replacing(work) {
    const focused = document.activeElement?.id;
    work();
    if (focused) byId(focused)?.focus();
    if (document.activeElement === document.body) byId("image-title").focus({ preventScroll: true });
  }

  /** Nothing but this. */
  const message = (...nodes) => replacing(() => {
    byId("stage").replaceChildren();
    for (const each of TABS) byId(`panel-${each}`).replaceChildren();
    byId("tabs").hidden = true;
    byId("panel-overview").replaceChildren(...nodes);
    showTab("overview");
  });

  const render = (image, variants, events) => replacing(() => {
    const open = byId("image-body").querySelector("details")?.open;
    const fill = (name, ...parts) => byId(`panel-${name}`).replaceChildren(...parts.flat().filter(Boolean));
    byId("tabs").hidden = false;
    byId("stage").replaceChildren(picture(image, variants));
    fill("overview", Detail.state(image), Detail.failure(image), actions(image), Detail.labels(image));
    fill("variants", variants ? Variants.section(variants) : el("p", { class: "facts" }, "None"), Detail.links(image));
    fill("events", Detail.timeline(events));
    fill("metadata", Detail.metadata(image));
    showTab(tab);
    neighbours();
    if (open) byId("image-body").querySelector("details").open = true;
  });

  async function refresh(key) {
    if (!shown || shown.key !== key) return;
    clearTimeout(shown.timer);
    let live = true;
    try {
      const etag = Date.now() - (shown.loaded ?? 0) > RENEW_MS ? null : shown.etag; // 304 would keep old addresses
      const { body: image, etag: tag } = await Api.image(key, etag);
      if (image) {
        const [variants, events] = await Promise.all([image.links.variants && Api.variants(key), Api.events(key)]);
        if (shown?.key !== key || shown.status === "deleted") return;
        if (shown.status && shown.status !== image.status) announce(`${fileName(key)} is ${image.status}`);
        Object.assign(shown, { etag: tag, status: image.status, loaded: Date.now() });
        render(image, variants?.body, events.body);
      }
      live = ["processing", "failed"].includes(shown?.status);
    } catch (problem) {
      if (!(problem instanceof Api.Problem)) throw problem;
      if (shown?.key !== key) return;
      if (problem.status === 404 && problem.code !== "no_events_yet") Feed.forget(key);
      if (problem.code === "image_deleted") {
        announce(problem.message);
        showDeleted();
        return;
      }
      if (problem.code === "no_events_yet") message(el("p", { class: "facts" }, "Being processed"));
      else if (!shown.etag) message(el("p", { class: "problem" }, problem.message));
      live = problem.status !== 404 || !shown.etag;
    }
    if (shown?.key === key) shown.timer = setTimeout(() => refresh(key), live ? LIVE_MS : IDLE_MS);
  }

  /** Where the image is among those shown, and its neighbours. The next one takes the place of one that was deleted. */
  function position() {
    const keys = Gallery.keys();
    const at = keys.indexOf(shown.key);
    if (at >= 0) shown.at = at;
    return { keys, at, "-1": keys[shown.at - 1], 1: at < 0 ? keys[shown.at] : keys[at + 1] };
  }

  function neighbours() {
    const { keys, at, "-1": previous, 1: next } = position();
    byId("previous").disabled = !previous;
    byId("next").disabled = !next && !(at >= 0 && Feed.hasMore());
    if (document.activeElement?.disabled) byId("image-title").focus();
    byId("position").textContent = at < 0 ? "" : `${at + 1} of ${keys.length}${Feed.hasMore() ? "+" : ""}`;
  }

  async function go(step) {
    if (!shown) return;
    if (step > 0 && !position()[step]) await Gallery.attempt(Feed.more);
    const key = shown && position()[step];
    if (key) App.show(key);
  }

  function begin(key, title, text) {
    if (shown) clearTimeout(shown.timer);
    shown = { key, loaded: 0 };
    byId("image-title").textContent = title;
    message(text);
    if (!byId("image").open) {
      tab = "overview";
      byId("image").showModal();
      byId("image-title").focus();
    }
    neighbours();
  }

  /** `status` is what the gallery shows, if anything: a deleted image has nothing to load. */
  function open(key, status) {
    if (shown?.key === key) return;
    begin(key, fileName(key), el("p", { class: "facts" }, "Loading"));
    if (status === "deleted") showDeleted();
    else refresh(key);
  }

  function notFound() {
    begin(null, "No such image", el("p", { class: "problem" }, "This address names no image."));
  }

  function close() {
    if (!shown) return;
    clearTimeout(shown.timer);
    const { key } = shown;
    shown = null;
    byId("image").close();
    Gallery.focus(key);
  }

  /** These images have changed, says somebody who knows. */
  function changed(keys) {
    if (shown && keys.has(shown.key)) refresh(shown.key);
  }

  function start() {
    byId("tabs").append(
      ...TABS.map((name) =>
        el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, onclick: () => showTab(name) }, Dom.sentence(name)),
      ),
    );
    byId("image-body").append(
      ...TABS.map((name) => el("div", { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, hidden: true })),
    );
    byId("previous").addEventListener("click", () => go(-1));
    byId("next").addEventListener("click", () => go(1));
    byId("image").addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || event.target.matches("input") || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      if (event.target.matches("[role=tab]")) {
        showTab(TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length]);
        byId(`tab-${tab}`).focus();
      } else {
        go(step);
      }
    });
  }

  return { start, open, close, notFound, changed };
})();
