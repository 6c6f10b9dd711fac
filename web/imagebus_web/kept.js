"use strict";

/**
 * Files that are not uploaded yet, in IndexedDB, so that a reload loses nothing. Each belongs to one tab, which holds
 * a lock as long as it is open; the files of a closed tab go to another one. Without IndexedDB (private windows) or
 * room, uploads work, but end with the page.
 */
const Kept = (() => {
  const FILES = "uploads"; // { id, file, type }
  const NOTES = "notes"; // { id, tab, key }: what changes is kept apart from the file, which would be copied
  const LOCK = "imagebus.tab.";
  const me = Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join("");
  let opened;

  function open() {
    opened ??= new Promise((resolve) => {
      let request;
      try {
        request = indexedDB.open("imagebus", 2);
      } catch {
        resolve(null);
        return;
      }
      request.addEventListener("upgradeneeded", () => {
        for (const name of [FILES, NOTES]) {
          if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name, { keyPath: "id" });
        }
      });
      request.addEventListener("success", () => {
        const again = () => (opened = undefined);
        request.result.addEventListener("close", again); // the user has cleared the site's data
        request.result.addEventListener("versionchange", () => again(request.result.close())); // a newer page
        resolve(request.result);
      });
      request.addEventListener("error", () => resolve(null));
    });
    return opened;
  }

  /** The result of the request that `work` returns; undefined if the browser refuses. */
  async function run(work) {
    const database = await open();
    if (!database) return undefined;
    return new Promise((resolve) => {
      let transaction;
      let request;
      try {
        transaction = database.transaction([FILES, NOTES], "readwrite");
        request = work(transaction.objectStore(FILES), transaction.objectStore(NOTES));
      } catch {
        resolve(undefined); // the database is being closed, or the file cannot be stored
        return;
      }
      transaction.addEventListener("complete", () => resolve(request.result));
      transaction.addEventListener("abort", () => resolve(undefined));
      transaction.addEventListener("error", (event) => event.preventDefault());
    });
  }

  const add = ({ id, file, type }) =>
    run((files, notes) => {
      notes.put({ id, tab: me });
      return files.put({ id, file, type });
    });

  const remove = (id) =>
    run((files, notes) => {
      notes.delete(id);
      return files.delete(id);
    });

  /** Remember the key that a file is being sent to, unless it is removed by now. */
  const note = (id, key) =>
    run((files, notes) => {
      const known = notes.get(id);
      known.addEventListener("success", () => known.result && notes.put({ ...known.result, key }));
      return known;
    });

  /** What is kept, with its notes. */
  async function all() {
    const notes = new Map();
    const files = await run((files, store) => {
      const noted = store.getAll();
      noted.addEventListener("success", () => noted.result.forEach((each) => notes.set(each.id, each)));
      return files.getAll();
    });
    return (files ?? []).map((each) => ({ ...each, ...notes.get(each.id) }));
  }

  /** The files of a tab that is gone, which are ours from now on. */
  async function adopt(tab) {
    const found = (await all()).filter((each) => each.tab === tab);
    await run((files, notes) => found.map(({ id, key }) => notes.put({ id, tab: me, key })).at(-1) ?? notes.count());
    return found;
  }

  /** Calls `heard` with what earlier visits have left, and with what other tabs leave when they are closed. */
  async function inherit(heard) {
    if (!navigator.locks) {
      heard(await all());
      return;
    }
    const watch = (tab) => navigator.locks.request(LOCK + tab, async () => heard(await adopt(tab)));
    await new Promise((resolve) => {
      navigator.locks.request(LOCK + me, () => new Promise(() => resolve())); // until the page is closed
    });
    const channel = new BroadcastChannel("imagebus.tabs");
    channel.addEventListener("message", ({ data }) => watch(data));
    channel.postMessage(me);
    const { held } = await navigator.locks.query();
    const open = held.filter(({ name }) => name.startsWith(LOCK)).map(({ name }) => name.slice(LOCK.length));
    const tabs = new Set([...open, ...(await all()).map((each) => each.tab)]);
    tabs.delete(me);
    tabs.forEach(watch);
  }

  return { me, add, remove, note, inherit };
})();
