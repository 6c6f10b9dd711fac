"use strict";

/** The only poller: it keeps the gallery and the open image up to date, often while something is being processed. */
const Changes = (() => {
  const BUSY_MS = 1500;
  const IDLE_MS = 8000;
  const CONNECTED_MS = 30000;
  const EXPECTING_MS = 60000;
  /** So many images beyond the first page are asked for at once. */
  const OTHERS = 6;

  let timer;
  let turn = 0;
  let polled = 0;
  let expectedUntil = 0;
  let live = false;

  const isBusy = () => Feed.items().some((item) => item.status === "processing") || Date.now() < expectedUntil;

  async function poll() {
    clearTimeout(timer);
    turn += 1;
    polled = Date.now();
    if (document.hidden || !Api.credentials.exist()) return;
    const mine = turn;
    let wait;
    try {
      await Feed.refresh();
      const others = Feed.items().slice(Feed.PAGE).filter((item) => item.status === "processing").slice(0, OTHERS);
      await Promise.all(others.map((item) => Feed.renew(item.key)));
      if (mine !== turn) return;
      App.connected();
      wait = live ? CONNECTED_MS : isBusy() ? BUSY_MS : IDLE_MS;
    } catch (problem) {
      if (!(problem instanceof Api.Problem)) throw problem;
      if (mine !== turn) return;
      App.disconnected(problem);
      if ([401, 403].includes(problem.status)) return;
      wait = Math.max(1, problem.retryAfter) * 1000;
    }
    later(wait);
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(poll, wait);
  }

  /** Something was uploaded or requested: look soon, and often for a while. */
  function expect() {
    expectedUntil = Date.now() + EXPECTING_MS;
    later(Math.max(0, polled + BUSY_MS - Date.now()));
  }

  /** Whether somebody else reports changes, so that polling can be rare. */
  function connect(connected) {
    live = connected;
    poll();
  }

  /** These images have changed. */
  async function report(keys) {
    Lightbox.changed(keys);
    const known = [...keys].filter((key) => Feed.record(key));
    try {
      await Promise.all(known.map((key) => Feed.renew(key)));
      if (known.length < keys.size) await Feed.refresh();
    } catch (problem) {
      if (!(problem instanceof Api.Problem)) throw problem;
      App.disconnected(problem);
    }
  }

  function start() {
    document.addEventListener("visibilitychange", poll);
    addEventListener("online", poll);
    poll();
  }

  return { start, poll, expect, connect, report };
})();
