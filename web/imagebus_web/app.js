"use strict";

/** The API key, the address bar, and start-up. */
const App = (() => {
  const { byId } = Dom;
  const PREFIX = "#image=";

  function askForKey(problem = "") {
    byId("key-problem").textContent = problem;
    if (byId("key").open) return; // somebody may be typing
    byId("key-value").value = "";
    byId("token-value").value = "";
    byId("key").showModal();
    byId("key-value").focus();
  }

  function connected() {
    byId("connection").textContent = "Live";
    byId("connection").className = "";
  }

  function disconnected(problem) {
    byId("connection").textContent = problem.message;
    byId("connection").className = "trouble";
    if (![401, 403].includes(problem.status)) return;
    askForKey(problem.code === "invalid_api_key" ? "That is not a valid key." : problem.message);
  }

  const hash = (key) => PREFIX + encodeURIComponent(key);
  const link = (key) => location.origin + location.pathname + hash(key);

  /** Open an image. From one image to the next, "back" leads to the gallery. */
  function show(key) {
    if (location.hash.startsWith(PREFIX)) history.replaceState(history.state, "", hash(key));
    else history.pushState({ opened: true }, "", hash(key));
    follow();
  }

  function follow() {
    if (!location.hash.startsWith(PREFIX) || !Api.credentials.exist()) {
      Lightbox.close();
      return;
    }
    let key;
    try {
      key = decodeURIComponent(location.hash.slice(PREFIX.length));
    } catch {
      Lightbox.notFound(); // not what a browser would have encoded
      return;
    }
    if (key) Lightbox.open(key, Gallery.statusOf(key));
    else Lightbox.notFound();
  }

  /** To the gallery. That is the previous entry of the history if the image was opened there. */
  function leave() {
    Lightbox.close();
    if (history.state?.opened) history.back();
    else history.replaceState(null, "", location.pathname + location.search);
  }

  /** There is another key, or none. */
  function keyChanged() {
    byId("connection").textContent = "";
    Gallery.restart();
    Live.again();
    Queue.resume();
    follow();
    if (Api.credentials.exist()) byId("key").close();
    else askForKey();
  }

  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    Api.credentials.keep(byId("key-value").value.trim(), byId("token-value").value.trim());
    keyChanged();
  });
  byId("forget-key").addEventListener("click", () => {
    Api.credentials.forget();
    byId("key").close();
    keyChanged();
  });
  addEventListener("storage", keyChanged); // by another tab
  byId("change-key").addEventListener("click", () => askForKey());
  byId("close-image").addEventListener("click", leave);
  byId("image").addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);

  // Other scripts use `App`, which exists only once this function has returned.
  queueMicrotask(() => {
    Lightbox.start();
    Selection.start();
    Gallery.start();
    Tray.start();
    Changes.start();
    Live.start({
      connect: Changes.connect,
      report: Changes.report,
      known: (key) => Feed.record(key)?.item.updated_at,
    });
    if (Api.credentials.exist()) follow();
    else askForKey();
  });

  return { show, link, connected, disconnected };
})();
