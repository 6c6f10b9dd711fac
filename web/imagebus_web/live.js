"use strict";

/** Receives changes over a WebSocket where the system has one (`GET /live`). Where it has none, the page polls. */
const Live = (() => {
  const FIRST_PAUSE_MS = 1000;
  const LONGEST_PAUSE_MS = 60000;
  /** API Gateway closes a connection after ten minutes in which nobody sends anything. */
  const KEEP_ALIVE_MS = 240000;
  const TICK_MS = 5000;
  /**
   * A tick that comes so late shows that the computer slept, and the connection is probably dead. In a hidden tab
   * browsers let timers run once a minute: https://chromestatus.com/feature/4718288976216064
   */
  const SLEPT_MS = 150000;
  /** An event can be faster than the API's answer: how long to wait until the page asks again. */
  const ASK_AGAIN_MS = [400, 1500, 5000];

  let page;
  let socket = null;
  let failures = 0;
  let timer;
  let sent = 0;
  let ticked = 0;

  /** The page calls this once. `connect(open)` and `report(keys)` tell it what happens; `known(key)` answers
   * with `updated_at` of what it shows, or undefined. */
  function start(hooks) {
    page = hooks;
    ticked = Date.now();
    setInterval(tick, TICK_MS);
    addEventListener("online", again);
    addEventListener("offline", () => drop());
    open();
  }

  async function open() {
    if (!Api.credentials.exist() || !navigator.onLine) {
      later(FIRST_PAUSE_MS);
      return;
    }
    let url;
    try {
      ({ url } = (await Api.live()).body);
    } catch (problem) {
      if (!(problem instanceof Api.Problem)) throw problem;
      if (problem.status === 404) return; // an older API
      retry();
      return;
    }
    if (!url || socket) return;
    const opened = new WebSocket(url);
    socket = opened;
    opened.onopen = () => {
      if (socket !== opened) return;
      failures = 0;
      sent = Date.now();
      page.connect(true);
    };
    opened.onmessage = ({ data }) => hear(data);
    opened.onclose = () => {
      if (socket !== opened) return;
      drop();
      retry();
    };
  }

  function hear(data) {
    let change;
    try {
      change = JSON.parse(data);
    } catch {
      return;
    }
    if (typeof change?.key !== "string" || typeof change.updated_at !== "string") return;
    tell(change, 0);
  }

  /** Reports a change until the page knows at least as much. */
  function tell({ key, updated_at }, attempt) {
    const known = page.known(key);
    if (known !== undefined && known >= updated_at) return;
    page.report(new Set([key]));
    if (attempt < ASK_AGAIN_MS.length) setTimeout(tell, ASK_AGAIN_MS[attempt], { key, updated_at }, attempt + 1);
  }

  /** Forgets the connection, whether or not it still exists. */
  function drop() {
    if (!socket) return;
    const old = socket;
    socket = null;
    old.close();
    page.connect(false);
  }

  /** Makes a new connection, with the key that is there by now. */
  function again() {
    drop();
    failures = 0;
    later(0);
  }

  /** Half of the pause is random, so that all pages do not come back at the same moment. */
  function retry() {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    failures += 1;
    later(pause * (0.5 + Math.random() / 2));
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(open, pause);
  }

  function tick() {
    const now = Date.now();
    const slept = now - ticked > SLEPT_MS;
    ticked = now;
    if (!socket) return;
    if (slept) {
      again();
    } else if (socket.readyState === WebSocket.OPEN && now - sent > KEEP_ALIVE_MS) {
      socket.send("{}");
      sent = now;
    }
  }

  return { start, again };
})();
