"use strict";

/** The only poller: it keeps the gallery and the open image up to date, often while something is being processed. */
const Changes = (() => {
  const BUSY_MS = 1500;
  const IDLE_MS = 8000;
  const CONNECTED_MS = 30000;
  /** Once connected, the list is asked for again: it may not have shown what happened a moment before. */
  const SETTLED_MS = 2000;
  /** What is reported meanwhile is asked for together, or a hundred uploads would be hundreds of requests. */
  const GATHER_MS = 500;
  const FAILED_MS = 2000;
  const EXPECTING_MS = 60000;
  /** So many images beyond the first page are asked for at once. */
  const OTHERS = 6;

  let timer;
  let turn = 0;
  let polled = 0;
  let expectedUntil = 0;
  let live = false;
  let settled = true;
  let reported = new Set();
  let asking = false;

  const isBusy = () => Feed.items().some((item) => item.status === "processing") || Date.now() < expectedUntil;

  async function poll() {
    clearTimeout(timer);
    turn += 1;
    polled = Date.now();
    if (document.hidden || !Api.credentials.exist()) return;
    report([]); // of what came while the tab was hidden
    const mine = turn;
    let wait;
    try {
      await Feed.refresh();
      const others = Feed.items().slice(Feed.PAGE).filter((item) => item.status === "processing").slice(0, OTHERS);
      await Promise.all(others.map((item) => Feed.renew(item.key)));
      if (mine !== turn) return;
      App.connected();
      wait = live ? (settled ? CONNECTED_MS : SETTLED_MS) : isBusy() ? BUSY_MS : IDLE_MS;
      settled = true;
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
    settled = false;
    poll();
  }

  /** These images have changed. A hidden tab asks when it is shown again, and then lists what is new. */
  async function report(keys) {
    for (const key of keys) if (!document.hidden || Feed.record(key)) reported.add(key);
    if (asking) return;
    asking = true;
    try {
      while (reported.size && !document.hidden) {
        const changed = reported;
        reported = new Set();
        const wait = (await Gallery.attempt(() => ask(changed))) ? GATHER_MS : FAILED_MS;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    } finally {
      asking = false;
    }
  }

  /** One list has the state of many; what is beyond it is asked for one by one, a few at a time. */
  async function ask(keys) {
    Lightbox.changed(keys);
    const many = keys.size > OTHERS;
    if (many || [...keys].some((key) => !Feed.record(key))) await Feed.refresh();
    const listed = many ? Feed.items().slice(Feed.PAGE).map((item) => item.key) : Feed.items().map((item) => item.key);
    const known = listed.filter((key) => keys.has(key));
    for (const key of known.slice(OTHERS)) reported.add(key);
    await Promise.all(known.slice(0, OTHERS).map((key) => Feed.renew(key)));
  }

  function start() {
    document.addEventListener("visibilitychange", poll);
    addEventListener("online", poll);
    poll();
  }

  return { start, poll, expect, connect, report };
})();
