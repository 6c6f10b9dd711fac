"use strict";

/** The API key, the address bar, and start-up. */
const App = (() => {
  const { byId } = Dom;
  const PREFIX = "#image=";

  function askForKey(problem = "") {
    byId("key-problem").textContent = problem;
    byId("key-value").value = "";
    byId("token-value").value = "";
    if (!byId("key").open) byId("key").showModal();
    byId("key-value").focus();
  }

  function connected() {
    byId("connection").textContent = "Live";
  }

  function disconnected(problem) {
    byId("connection").textContent = problem.message;
    if ([401, 403].includes(problem.status)) askForKey(problem.message);
  }

  const show = (key) => {
    location.hash = PREFIX + encodeURIComponent(key);
  };

  function follow() {
    if (!location.hash.startsWith(PREFIX) || !Api.credentials.exist()) {
      Detail.close();
      return;
    }
    const key = decodeURIComponent(location.hash.slice(PREFIX.length));
    Detail.open(key, Gallery.statusOf(key));
  }

  function leave() {
    history.pushState(null, "", location.pathname);
    follow();
  }

  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    Api.credentials.keep(byId("key-value").value.trim(), byId("token-value").value.trim());
    byId("key").close();
    Gallery.restart();
    follow();
  });
  byId("forget-key").addEventListener("click", () => {
    Api.credentials.forget();
    askForKey();
  });
  byId("change-key").addEventListener("click", () => askForKey());
  byId("close-image").addEventListener("click", leave);
  byId("image").addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);

  Uploads.listen(() => Gallery.expect());
  // Other scripts use `App`, which exists only once this function has returned.
  queueMicrotask(() => {
    Gallery.start();
    if (Api.credentials.exist()) follow();
    else askForKey();
  });

  return { show, connected, disconnected };
})();
