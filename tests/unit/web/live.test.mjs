// live.js with a clock of its own, a browser that has only what it uses, and sockets that the tests open and close.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const SCRIPT = readFileSync(new URL("../../../web/imagebus_web/live.js", import.meta.url), "utf8");
const T1 = "2026-11-27T12:00:00.100Z";
const T2 = "2026-11-27T12:00:00.200Z";

class Problem extends Error {
  constructor(status) {
    super(String(status));
    this.status = status;
  }
}

class Browser {
  constructor(live = async () => ({ body: { url: "wss://live.example/live?signed" } })) {
    this.now = 0;
    this.timers = new Map();
    this.sockets = [];
    this.listeners = {};
    this.asked = 0;
    this.random = 1;
    this.connections = [];
    this.reported = [];
    this.known = new Map();
    this.hasKey = true;
    const browser = this;
    let ids = 0;
    const wait = (again) => (action, pause = 0, ...rest) => {
      ids += 1;
      this.timers.set(ids, { at: this.now + pause, action: () => action(...rest), pause, again });
      return ids;
    };
    class FakeSocket {
      static OPEN = 1;
      readyState = 0;
      sent = [];
      constructor(url) {
        this.url = url;
        browser.sockets.push(this);
      }
      open() {
        this.readyState = 1;
        this.onopen();
      }
      say(value) {
        this.onmessage({ data: typeof value === "string" ? value : JSON.stringify(value) });
      }
      lose() {
        this.readyState = 3;
        this.onclose();
      }
      send(text) {
        this.sent.push(text);
      }
      close() {
        if (this.readyState < 2) queueMicrotask(() => this.lose());
        this.readyState = 2;
      }
    }
    this.navigator = { onLine: true };
    this.context = vm.createContext({
      Api: {
        Problem,
        credentials: { exist: () => this.hasKey },
        live: () => {
          this.asked += 1;
          return live(this);
        },
      },
      WebSocket: FakeSocket,
      navigator: this.navigator,
      Math: Object.assign(Object.create(Math), { min: Math.min, random: () => this.random }),
      Date: { now: () => this.now },
      setTimeout: wait(false),
      setInterval: wait(true),
      clearTimeout: (id) => this.timers.delete(id),
      addEventListener: (name, action) => {
        this.listeners[name] = action;
      },
    });
  }

  async start() {
    vm.runInContext(`${SCRIPT}\nglobalThis.Live = Live;`, this.context);
    this.context.Live.start({
      connect: (open) => this.connections.push(open),
      report: (keys) => this.reported.push(...keys),
      known: (key) => this.known.get(key),
    });
    await settle();
    return this.sockets.at(-1);
  }

  async advance(ms) {
    const end = this.now + ms;
    for (;;) {
      const due = [...this.timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      const [id, timer] = due;
      this.now = Math.max(this.now, timer.at);
      if (timer.again) timer.at = this.now + timer.pause;
      else this.timers.delete(id);
      timer.action();
      await settle();
    }
    this.now = end;
  }

  /** Time passes, and no timer runs. */
  sleep(ms) {
    this.now += ms;
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test("a change is reported, and again until the page knows it", async () => {
  const browser = new Browser();
  const socket = await browser.start();
  assert.equal(socket.url, "wss://live.example/live?signed");
  socket.open();
  assert.deepEqual(browser.connections, [true]);
  socket.say({ key: "a.jpg", updated_at: T2, status: "completed" });
  assert.deepEqual(browser.reported, ["a.jpg"]);
  browser.known.set("a.jpg", T1);
  await browser.advance(400);
  assert.deepEqual(browser.reported, ["a.jpg", "a.jpg"]);
  browser.known.set("a.jpg", T2);
  await browser.advance(60000);
  assert.deepEqual(browser.reported, ["a.jpg", "a.jpg"]);
});

test("a change that the page knows already is not reported", async () => {
  const browser = new Browser();
  const socket = await browser.start();
  socket.open();
  browser.known.set("a.jpg", T2);
  socket.say({ key: "a.jpg", updated_at: T1 });
  socket.say({ key: "a.jpg", updated_at: T2 });
  assert.deepEqual(browser.reported, []);
});

test("an image that never comes is asked for four times", async () => {
  const browser = new Browser();
  const socket = await browser.start();
  socket.open();
  socket.say({ key: "a.jpg", updated_at: T1 });
  await browser.advance(600000);
  assert.equal(browser.reported.length, 4);
});

test("what is no change is ignored", async () => {
  const browser = new Browser();
  const socket = await browser.start();
  socket.open();
  for (const text of ["", "{", "null", "7", '{"message":"Forbidden"}', { key: 1, updated_at: T1 }]) socket.say(text);
  assert.deepEqual(browser.reported, []);
});

test("a system that does not push is asked once", async () => {
  const browser = new Browser(async () => ({ body: {} }));
  await browser.start();
  await browser.advance(600000);
  assert.deepEqual([browser.asked, browser.sockets.length, browser.connections], [1, 0, []]);
});

test("an older API is asked once", async () => {
  const browser = new Browser(async () => {
    throw new Problem(404);
  });
  await browser.start();
  await browser.advance(600000);
  assert.equal(browser.asked, 1);
});

test("without a key nothing is asked until there is one", async () => {
  const browser = new Browser();
  browser.hasKey = false;
  await browser.start();
  await browser.advance(30000);
  assert.equal(browser.asked, 0);
  browser.hasKey = true;
  await browser.advance(1000);
  assert.equal(browser.sockets.length, 1);
});

test("a lost connection comes back, with an address that is new", async () => {
  let number = 0;
  const browser = new Browser(async () => ({ body: { url: `wss://live.example/${(number += 1)}` } }));
  (await browser.start()).open();
  browser.sockets[0].lose();
  assert.deepEqual(browser.connections, [true, false]);
  await browser.advance(1000);
  browser.sockets[1].open();
  assert.equal(browser.sockets[1].url, "wss://live.example/2");
  assert.deepEqual(browser.connections, [true, false, true]);
});

test("the pauses grow to a minute, and are half random", async () => {
  for (const [random, pauses] of [
    [1, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]],
    [0, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]],
  ]) {
    const browser = new Browser(async () => {
      throw new Problem(0);
    });
    browser.random = random;
    await browser.start();
    for (const pause of pauses) {
      const before = browser.asked;
      await browser.advance(pause - 1);
      assert.equal(browser.asked, before, `before ${pause}`);
      await browser.advance(1);
      assert.equal(browser.asked, before + 1, `after ${pause}`);
    }
  }
});

test("a connection that never opens is not reported, and tried again", async () => {
  const browser = new Browser();
  (await browser.start()).lose();
  await browser.advance(1000);
  assert.equal(browser.sockets.length, 2);
  assert.equal(browser.connections.includes(true), false);
});

test("an open connection is kept open by a message every few minutes", async () => {
  const browser = new Browser();
  const socket = await browser.start();
  socket.open();
  await browser.advance(3600000);
  assert.ok(socket.sent.length >= 12 && socket.sent.length <= 15, `${socket.sent.length} messages in an hour`);
});

test("after the computer slept there is a new connection at once", async () => {
  const browser = new Browser();
  (await browser.start()).open();
  browser.sleep(3600000);
  await browser.advance(0);
  assert.equal(browser.sockets.length, 2);
  browser.sockets[1].open();
  assert.deepEqual(browser.connections, [true, false, true]);
});

test("in a hidden tab, where timers run once a minute, the connection stays", async () => {
  const browser = new Browser();
  const socket = await browser.start();
  socket.open();
  for (let minute = 0; minute < 60; minute += 1) {
    browser.sleep(59000);
    await browser.advance(1000);
  }
  assert.deepEqual([browser.sockets.length, browser.connections], [1, [true]]);
  assert.ok(socket.sent.length >= 12, `${socket.sent.length} messages in an hour`);
});

test("a connection ends with its key, and another key connects at once", async () => {
  const browser = new Browser();
  (await browser.start()).open();
  browser.hasKey = false;
  browser.context.Live.again();
  await browser.advance(0);
  assert.deepEqual([browser.sockets[0].readyState, browser.connections], [3, [true, false]]);
  await browser.advance(60000);
  assert.equal(browser.asked, 1);
  browser.hasKey = true;
  browser.context.Live.again();
  await browser.advance(0);
  assert.equal(browser.sockets.length, 2);
});

test("after a key that was refused, another one is tried at once", async () => {
  let refused = true;
  const browser = new Browser(async () => {
    if (refused) throw new Problem(401);
    return { body: { url: "wss://live.example" } };
  });
  await browser.start();
  await browser.advance(300000);
  refused = false;
  browser.context.Live.again();
  await browser.advance(0);
  assert.equal(browser.sockets.length, 1);
});

test("offline the page polls, and online it connects at once", async () => {
  const browser = new Browser();
  (await browser.start()).open();
  browser.navigator.onLine = false;
  browser.listeners.offline();
  await browser.advance(60000);
  assert.deepEqual([browser.sockets.length, browser.connections], [1, [true, false]]);
  browser.navigator.onLine = true;
  browser.listeners.online();
  await browser.advance(0);
  assert.equal(browser.sockets.length, 2);
});

test("what an abandoned connection does later changes nothing", async () => {
  const browser = new Browser();
  const first = await browser.start();
  first.open();
  browser.listeners.online();
  await browser.advance(0);
  browser.sockets[1].open();
  first.lose();
  await browser.advance(60000);
  assert.deepEqual([browser.sockets.length, browser.connections.at(-1)], [2, true]);
});
